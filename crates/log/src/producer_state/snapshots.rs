//! The snapshot files of a partition.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::{DirEntry, Disk, DiskFile, EntryKind, OpenMode};
use ottla_record::Offset;

use super::entry::ProducerStateEntry;
use super::snapshot;
use crate::error::{DiskError, SnapshotError};
use crate::paths::{FileKind, FileName, FileState};

/// A snapshot that is written but not yet on stable storage.
#[derive(Debug)]
pub struct UnsyncedSnapshot {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
}

impl UnsyncedSnapshot {
    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings it to stable storage; needs no lock on the log.
    pub fn sync(&self) -> Result<(), DiskError> {
        self.file.sync().map_err(|source| DiskError { action: "sync", path: self.path.clone(), source })
    }
}

/// Which snapshots there are.
#[derive(Debug)]
pub(super) struct Snapshots {
    disk: Arc<dyn Disk>,
    dir: Arc<Path>,
    offsets: BTreeSet<Offset>,
}

impl Snapshots {
    pub(super) fn new(disk: Arc<dyn Disk>, dir: Arc<Path>, listing: &[DirEntry]) -> Self {
        let offsets = listing
            .iter()
            .filter(|entry| entry.kind == EntryKind::File)
            .filter_map(|entry| FileName::parse(&entry.name))
            .filter(|name| name.kind == FileKind::ProducerSnapshot && name.state == FileState::Live)
            .map(|name| name.offset)
            .collect();
        Self { disk, dir, offsets }
    }

    pub(super) fn offsets(&self) -> &BTreeSet<Offset> {
        &self.offsets
    }

    /// Writes one under its final name: a torn one is told by its checksum, and the one before takes its place.
    pub(super) fn write<'a>(
        &mut self,
        offset: Offset,
        entries: impl ExactSizeIterator<Item = &'a ProducerStateEntry>,
    ) -> Result<UnsyncedSnapshot, DiskError> {
        let path = self.path(offset);
        let failed = |action, source| DiskError { action, path: path.clone(), source };
        let file = self.disk.open(&path, OpenMode::Truncate).map_err(|source| failed("open", source))?;
        file.write_all_at(&snapshot::encode_snapshot(entries), 0)
            .map_err(|source| failed("write", source))?;
        self.offsets.insert(offset);
        Ok(UnsyncedSnapshot { path, file })
    }

    pub(super) fn read(&self, offset: Offset) -> Result<Vec<ProducerStateEntry>, SnapshotError> {
        snapshot::read_snapshot(&*self.disk, &self.path(offset))
    }

    pub(super) fn remove(&mut self, offset: Offset) -> Result<(), DiskError> {
        let path = self.path(offset);
        match self.disk.remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(DiskError { action: "remove", path, source })
            }
            _ => {
                self.offsets.remove(&offset);
                Ok(())
            }
        }
    }

    pub(super) fn remove_where(&mut self, matches: impl Fn(Offset) -> bool) -> Result<(), DiskError> {
        let matching: Vec<_> = self.offsets.iter().copied().filter(|offset| matches(*offset)).collect();
        matching.into_iter().try_for_each(|offset| self.remove(offset))
    }

    /// Gives one the suffix of deleted files; its new path, `None` where it was gone already.
    pub(super) fn mark_deleted(&mut self, offset: Offset) -> Result<Option<PathBuf>, DiskError> {
        if !self.offsets.remove(&offset) {
            return Ok(None);
        }
        let path = self.path(offset);
        let deleted = FileName { offset, kind: FileKind::ProducerSnapshot, state: FileState::Deleted };
        let deleted = deleted.in_dir(&self.dir);
        match self.disk.rename(&path, &deleted) {
            Ok(()) => Ok(Some(deleted)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DiskError { action: "rename", path, source }),
        }
    }

    pub(super) fn set_dir(&mut self, dir: Arc<Path>) {
        self.dir = dir;
    }

    fn path(&self, offset: Offset) -> PathBuf {
        FileName::live(offset, FileKind::ProducerSnapshot).in_dir(&self.dir)
    }
}
