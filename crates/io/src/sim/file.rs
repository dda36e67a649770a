//! A simulated file: what is on the platter, what the page cache shows, and what lies between.

use std::sync::Arc;

use super::image::Image;

/// One inode that holds bytes.
#[derive(Debug, Clone)]
pub(super) struct FileNode {
    /// The name it was last given, for rules and traces.
    pub(super) name: Arc<str>,
    /// What readers see.
    pub(super) current: Arc<Image>,
    /// What a crash cannot take.
    pub(super) durable: Arc<Image>,
    /// Changes since the last sync, oldest first.
    pub(super) pending: Vec<Change>,
    /// A failed sync has dropped changes: applying `pending` to `durable` no longer gives `current`.
    diverged: bool,
    pub(super) modified_ms: i64,
    /// Whether a directory names it; the space of others is free again.
    pub(super) linked: bool,
}

/// A change of a file that is not known to be on the platter.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Write { offset: u64, bytes: Arc<[u8]> },
    SetLen(u64),
}

impl FileNode {
    pub(super) fn new(name: Arc<str>, modified_ms: i64) -> Self {
        Self::with_image(name, Arc::default(), modified_ms)
    }

    /// A file whose bytes are all on the platter.
    pub(super) fn with_image(name: Arc<str>, image: Arc<Image>, modified_ms: i64) -> Self {
        let durable = Arc::clone(&image);
        Self {
            name,
            current: image,
            durable,
            pending: Vec::new(),
            diverged: false,
            modified_ms,
            linked: true,
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        Arc::make_mut(&mut self.current).write(bytes, offset);
        self.pending.push(Change::Write { offset, bytes: bytes.into() });
    }

    pub(super) fn set_len(&mut self, len: u64) {
        Arc::make_mut(&mut self.current).set_len(len);
        self.pending.push(Change::SetLen(len));
    }

    /// Puts all pending changes on the platter.
    pub(super) fn sync(&mut self) {
        if self.diverged {
            let image = Arc::make_mut(&mut self.durable);
            self.pending.iter().for_each(|change| change.apply(image));
        } else {
            self.durable = Arc::clone(&self.current);
        }
        self.pending.clear();
    }

    /// What Linux does when a sync fails: the pages are called clean, so readers still see them and no later sync
    /// will write them.
    pub(super) fn forget_pending(&mut self) {
        self.diverged |= !self.pending.is_empty();
        self.pending.clear();
    }

    /// Changes bytes behind everyone's back, on the platter and in the cache.
    pub(super) fn damage(&mut self, bytes: &[u8], offset: u64) {
        Arc::make_mut(&mut self.current).write(bytes, offset);
        let len = self.durable.len();
        if offset < len {
            let reach = bytes.len().min((len - offset) as usize);
            Arc::make_mut(&mut self.durable).write(&bytes[..reach], offset);
        }
        for change in &mut self.pending {
            change.overlay(bytes, offset);
        }
    }
}

impl Change {
    pub(super) fn apply(&self, image: &mut Image) {
        match self {
            Self::Write { offset, bytes } => image.write(bytes, *offset),
            Self::SetLen(len) => image.set_len(*len),
        }
    }

    fn overlay(&mut self, damage: &[u8], at: u64) {
        let Self::Write { offset, bytes } = self else { return };
        let start = at.max(*offset);
        let end = (at + damage.len() as u64).min(*offset + bytes.len() as u64);
        if start < end {
            let source = &damage[(start - at) as usize..(end - at) as usize];
            let target = (start - *offset) as usize..(end - *offset) as usize;
            Arc::make_mut(bytes)[target].copy_from_slice(source);
        }
    }
}
