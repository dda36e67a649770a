//! Entries of one size, sorted, in a file that only grows at its end.

use std::sync::{Arc, OnceLock};

use ottla_io::{DiskFile, OpenMode};

use crate::error::{CorruptIndexError, DiskError, IndexError};
use crate::place::Place;

/// Entries kept in memory before they are written out as one block.
const TAIL_ENTRIES: usize = 64;
/// A search reads one entry at a time until so many are left, then reads those at once.
const BLOCK_ENTRIES: u32 = 128;
/// Largest entry: a time index's.
const ENTRY_LEN_MAX: usize = 12;

/// An index file of entries of `N` bytes.
///
/// The first entries are in the file, the latest ones in memory. Kafka grows the file of a live index to its full
/// size beforehand and cuts it when the segment is closed, so a file found may end in zeros: these are no entries.
/// Ours grows as entries come; Kafka takes both.
#[derive(Debug)]
pub(crate) struct Entries<const N: usize> {
    place: Place,
    opened: OnceLock<Opened<N>>,
    entries_max: u32,
    /// Whether the file has changed since it was last synced, be it open or not.
    dirty: bool,
}

#[derive(Debug)]
struct Opened<const N: usize> {
    file: Arc<dyn DiskFile>,
    /// Entries in the file.
    written: u32,
    /// Entries not yet in the file; allocated once, at the first append.
    tail: Vec<[u8; N]>,
    last: Option<[u8; N]>,
    /// Bytes in the file, which are more than its entries where Kafka left it at full size.
    file_len: u64,
}

impl<const N: usize> Entries<N> {
    pub(crate) fn new(place: Place, bytes_max: u32) -> Self {
        Self { place, opened: OnceLock::new(), entries_max: bytes_max / N as u32, dirty: false }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn place_mut(&mut self) -> &mut Place {
        &mut self.place
    }

    /// Creates the file, or cuts it to nothing.
    pub(crate) fn create(&mut self) -> Result<(), DiskError> {
        let file = self.place.open(OpenMode::Truncate)?;
        self.dirty = true;
        self.opened = OnceLock::from(Opened { file, written: 0, tail: Vec::new(), last: None, file_len: 0 });
        Ok(())
    }

    pub(crate) fn len(&self) -> Result<u32, IndexError> {
        Ok(self.opened()?.len())
    }

    pub(crate) fn entries_max(&self) -> u32 {
        self.entries_max
    }

    pub(crate) fn set_bytes_max(&mut self, bytes_max: u32) {
        self.entries_max = bytes_max / N as u32;
    }

    pub(crate) fn last(&self) -> Result<Option<[u8; N]>, IndexError> {
        Ok(self.opened()?.last)
    }

    /// The entry in this slot, which must exist.
    pub(crate) fn entry(&self, slot: u32) -> Result<[u8; N], IndexError> {
        let opened = self.opened()?;
        assert!(slot < opened.len(), "slot {slot} of an index of {} entries", opened.len());
        Ok(opened.entry(&self.place, slot)?)
    }

    /// How many entries `matches`, where all that do come before all that do not.
    pub(crate) fn partition_point(&self, matches: impl Fn(&[u8; N]) -> bool) -> Result<u32, IndexError> {
        let opened = self.opened()?;
        let first_in_memory = opened.tail.first();
        if opened.written == 0 || first_in_memory.is_some_and(&matches) {
            return Ok(opened.written + opened.tail.partition_point(&matches) as u32);
        }
        Ok(opened.partition_point_written(&self.place, matches)?)
    }

    /// Appends an entry; the caller keeps the order and looks at the maximum.
    pub(crate) fn push(&mut self, entry: [u8; N]) -> Result<(), IndexError> {
        self.opened()?;
        let place = &self.place;
        let opened = self.opened.get_mut().expect("opened above");
        if opened.tail.capacity() == 0 {
            opened.tail.reserve_exact(TAIL_ENTRIES);
        }
        if opened.tail.len() == TAIL_ENTRIES {
            self.dirty = true;
            opened.write_tail(place)?;
        }
        opened.tail.push(entry);
        opened.last = Some(entry);
        Ok(())
    }

    /// Keeps the first `len` entries.
    pub(crate) fn truncate(&mut self, len: u32) -> Result<(), IndexError> {
        self.opened()?;
        let place = &self.place;
        let opened = self.opened.get_mut().expect("opened above");
        if len >= opened.len() {
            return Ok(());
        }
        if len >= opened.written {
            opened.tail.truncate((len - opened.written) as usize);
        } else {
            opened.tail.clear();
            opened.written = len;
            self.dirty = true;
            opened.cut_file(place)?;
        }
        opened.last = match len.checked_sub(1) {
            Some(last) => Some(opened.entry(place, last)?),
            None => None,
        };
        Ok(())
    }

    /// Writes out what waits in memory and cuts what is behind the last entry.
    pub(crate) fn trim(&mut self) -> Result<(), IndexError> {
        self.opened()?;
        let place = &self.place;
        let opened = self.opened.get_mut().expect("opened above");
        self.dirty |= opened.write_tail(place)?;
        opened.tail = Vec::new();
        self.dirty |= opened.cut_file(place)?;
        Ok(())
    }

    /// Writes out what waits in memory; the file to sync, if it has changed since it was last asked for.
    pub(crate) fn take_unsynced(&mut self) -> Result<Option<Arc<dyn DiskFile>>, DiskError> {
        if let Some(opened) = self.opened.get_mut() {
            self.dirty |= opened.write_tail(&self.place)?;
        }
        if !self.dirty {
            return Ok(None);
        }
        let file = match self.opened.get() {
            Some(opened) => Arc::clone(&opened.file),
            None => self.place.open(OpenMode::Write)?,
        };
        self.dirty = false;
        Ok(Some(file))
    }

    /// Fails when the file ends within an entry.
    pub(crate) fn check_len(&self) -> Result<(), IndexError> {
        let opened = self.opened()?;
        if opened.file_len % N as u64 == 0 {
            return Ok(());
        }
        let what = format!("the file's length {} is no multiple of {N}", opened.file_len);
        Err(self.corrupt((opened.file_len / N as u64) as u32, what).into())
    }

    pub(crate) fn is_open(&self) -> bool {
        self.opened.get().is_some()
    }

    /// Writes out what waits in memory and closes the file until it is needed again.
    pub(crate) fn release(&mut self) -> Result<(), DiskError> {
        if let Some(opened) = self.opened.get_mut() {
            self.dirty |= opened.write_tail(&self.place)?;
        }
        self.opened.take();
        Ok(())
    }

    pub(crate) fn corrupt(&self, slot: u32, what: String) -> CorruptIndexError {
        CorruptIndexError { path: self.place.path(), position: u64::from(slot) * N as u64, what }
    }

    fn opened(&self) -> Result<&Opened<N>, IndexError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let opened = self.open()?;
        Ok(self.opened.get_or_init(|| opened))
    }

    fn open(&self) -> Result<Opened<N>, IndexError> {
        let file = self.place.open(OpenMode::Create)?;
        let file_len = file.len().map_err(|source| self.place.failed("take the length of", source))?;
        let Ok(slots) = u32::try_from(file_len / N as u64) else {
            return Err(self
                .corrupt(u32::MAX, format!("{file_len} bytes, more than positions of a segment"))
                .into());
        };
        let mut opened = Opened { file, written: slots, tail: Vec::new(), last: None, file_len };
        if slots > 0 {
            opened.last = Some(opened.entry(&self.place, slots - 1)?);
        }
        if slots > 1 && opened.last == Some([0; N]) {
            let written = opened.partition_point_written(&self.place, |entry| *entry != [0; N])?;
            opened.written = written;
            opened.last = match written.checked_sub(1) {
                Some(last) => Some(opened.entry(&self.place, last)?),
                None => None,
            };
        }
        Ok(opened)
    }
}

impl<const N: usize> Opened<N> {
    fn len(&self) -> u32 {
        self.written + self.tail.len() as u32
    }

    fn entry(&self, place: &Place, slot: u32) -> Result<[u8; N], DiskError> {
        if slot >= self.written {
            return Ok(self.tail[(slot - self.written) as usize]);
        }
        let mut entry = [0; N];
        self.read(place, &mut entry, slot)?;
        Ok(entry)
    }

    fn partition_point_written(
        &self,
        place: &Place,
        matches: impl Fn(&[u8; N]) -> bool,
    ) -> Result<u32, DiskError> {
        let (mut low, mut high) = (0, self.written);
        while high - low > BLOCK_ENTRIES {
            let middle = low + (high - low) / 2;
            if matches(&self.entry(place, middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut block = [0; BLOCK_ENTRIES as usize * ENTRY_LEN_MAX];
        let block = &mut block[..(high - low) as usize * N];
        self.read(place, block, low)?;
        let (entries, _) = block.as_chunks::<N>();
        Ok(low + entries.partition_point(matches) as u32)
    }

    fn read(&self, place: &Place, bytes: &mut [u8], slot: u32) -> Result<(), DiskError> {
        let position = u64::from(slot) * N as u64;
        self.file.read_exact_at(bytes, position).map_err(|source| place.failed("read", source))
    }

    /// Writes out what waits in memory; whether there was any.
    fn write_tail(&mut self, place: &Place) -> Result<bool, DiskError> {
        if self.tail.is_empty() {
            return Ok(false);
        }
        let position = u64::from(self.written) * N as u64;
        self.file
            .write_all_at(self.tail.as_flattened(), position)
            .map_err(|source| place.failed("append to", source))?;
        self.written += self.tail.len() as u32;
        self.file_len = self.file_len.max(u64::from(self.written) * N as u64);
        self.tail.clear();
        Ok(true)
    }

    /// Cuts what is behind the entries in the file; whether there was any.
    fn cut_file(&mut self, place: &Place) -> Result<bool, DiskError> {
        let len = u64::from(self.written) * N as u64;
        if len >= self.file_len {
            return Ok(false);
        }
        self.file.set_len(len).map_err(|source| place.failed("cut", source))?;
        self.file_len = len;
        Ok(true)
    }
}
