//! The bytes of one simulated file.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Size of a block: what a file system allocates and the page cache holds.
pub(super) const BLOCK: u64 = 4096;

type Block = [u8; BLOCK as usize];

/// A sparse file image whose copies share their blocks, so that keeping "as it is" and "as it would be after a crash"
/// side by side costs little. Bytes of a block past the end are zero.
#[derive(Debug, Clone, Default)]
pub(super) struct Image {
    len: u64,
    blocks: BTreeMap<u64, Arc<Block>>,
}

impl Image {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// How many blocks are allocated; holes have none.
    pub(super) fn blocks(&self) -> u64 {
        self.blocks.len() as u64
    }

    pub(super) fn has_block(&self, index: u64) -> bool {
        self.blocks.contains_key(&index)
    }

    /// Copies bytes from `offset` on and returns how many; 0 at or past the end.
    pub(super) fn read(&self, buf: &mut [u8], offset: u64) -> usize {
        let wanted = self.len.saturating_sub(offset).min(buf.len() as u64) as usize;
        for (index, within, part) in pieces(offset, wanted) {
            let target = &mut buf[part];
            match self.blocks.get(&index) {
                Some(block) => target.copy_from_slice(&block[within..within + target.len()]),
                None => target.fill(0),
            }
        }
        wanted
    }

    /// Puts bytes at `offset`, growing the file when they reach past its end.
    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        for (index, within, part) in pieces(offset, bytes.len()) {
            let source = &bytes[part];
            self.block_mut(index)[within..within + source.len()].copy_from_slice(source);
        }
        if !bytes.is_empty() {
            self.len = self.len.max(offset + bytes.len() as u64);
        }
    }

    /// Zeroes `len` bytes from `offset` on, as far as they are allocated; the length stays.
    pub(super) fn zero(&mut self, offset: u64, len: usize) {
        for (index, within, part) in pieces(offset, len) {
            if self.has_block(index) {
                self.block_mut(index)[within..within + part.len()].fill(0);
            }
        }
    }

    /// Cuts or grows; what is cut does not come back when the file grows again.
    pub(super) fn set_len(&mut self, len: u64) {
        if len < self.len {
            self.blocks.split_off(&len.div_ceil(BLOCK));
            let rest = (BLOCK - len % BLOCK) % BLOCK;
            self.zero(len, rest as usize);
        }
        self.len = len;
    }

    fn block_mut(&mut self, index: u64) -> &mut Block {
        Arc::make_mut(self.blocks.entry(index).or_insert_with(|| Arc::new([0; BLOCK as usize])))
    }
}

/// Cuts `len` bytes from `offset` on at block borders: block, offset within it, range within the bytes.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len {
            return None;
        }
        let at = offset + done as u64;
        let within = (at % BLOCK) as usize;
        let part = done..len.min(done + BLOCK as usize - within);
        done = part.end;
        Some((at / BLOCK, within, part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Step {
        Write { offset: u64, len: usize, byte: u8 },
        SetLen(u64),
        Zero { offset: u64, len: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..20_000_u64, 0..9_000_usize, any::<u8>()).prop_map(|(offset, len, byte)| Step::Write {
                offset,
                len,
                byte
            }),
            (0..20_000_u64).prop_map(Step::SetLen),
            (0..20_000_u64, 0..9_000_usize).prop_map(|(offset, len)| Step::Zero { offset, len }),
        ]
    }

    fn run(image: &mut Image, model: &mut Vec<u8>, step: &Step) {
        match *step {
            Step::Write { offset, len, byte } => {
                image.write(&vec![byte; len], offset);
                let end = offset as usize + len;
                if len > 0 && model.len() < end {
                    model.resize(end, 0);
                }
                model[(offset as usize).min(end - len)..].iter_mut().take(len).for_each(|b| *b = byte);
            }
            Step::SetLen(len) => {
                image.set_len(len);
                model.resize(len as usize, 0);
            }
            Step::Zero { offset, len } => {
                image.zero(offset, len);
                model.iter_mut().skip(offset as usize).take(len).for_each(|b| *b = 0);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn behaves_as_a_vector(steps in prop::collection::vec(step(), 0..12)) {
            let (mut image, mut model) = (Image::default(), Vec::new());
            for step in &steps {
                if let Step::Write { offset, len: 0, .. } = step && *offset as usize > model.len() {
                    continue;
                }
                run(&mut image, &mut model, step);
                let mut bytes = vec![9; model.len() + 10];
                prop_assert_eq!(image.read(&mut bytes, 0), model.len());
                bytes.truncate(model.len());
                prop_assert!(bytes == model);
            }
        }
    }

    #[test]
    fn copies_do_not_see_later_writes() {
        let mut image = Image::default();
        image.write(b"old", 0);
        let copy = image.clone();
        image.write(b"new", 0);
        let mut buf = [0; 3];
        copy.read(&mut buf, 0);
        assert_eq!(&buf, b"old");
    }
}
