//! One file of a segment: which disk, which directory, which name.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::{Disk, DiskFile, OpenMode};

use crate::error::DiskError;
use crate::paths::{FileName, FileState};

/// Where a file lives. Small, since a node holds three for every segment; the path is put together when needed.
#[derive(Debug, Clone)]
pub struct Place {
    disk: Arc<dyn Disk>,
    dir: Arc<Path>,
    name: FileName,
}

impl Place {
    /// The file `name` in `dir`.
    pub fn new(disk: Arc<dyn Disk>, dir: Arc<Path>, name: FileName) -> Self {
        Self { disk, dir, name }
    }

    /// Its name.
    pub fn name(&self) -> FileName {
        self.name
    }

    /// Its whole path.
    pub fn path(&self) -> PathBuf {
        self.name.in_dir(&self.dir)
    }

    /// Opens it.
    pub fn open(&self, mode: OpenMode) -> Result<Arc<dyn DiskFile>, DiskError> {
        self.disk.open(&self.path(), mode).map_err(|source| self.failed("open", source))
    }

    /// Whether it exists.
    pub fn exists(&self) -> Result<bool, DiskError> {
        self.disk.exists(&self.path()).map_err(|source| self.failed("look for", source))
    }

    /// Gives it the suffix of another state; a missing file takes the name alone and answers `false`.
    pub fn rename(&mut self, state: FileState) -> Result<bool, DiskError> {
        let from = self.path();
        let to = FileName { state, ..self.name };
        let renamed = match self.disk.rename(&from, &to.in_dir(&self.dir)) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(source) => return Err(DiskError { action: "rename", path: from, source }),
        };
        self.name = to;
        Ok(renamed)
    }

    /// Removes it; a missing file answers `false`.
    pub fn remove(&self) -> Result<bool, DiskError> {
        match self.disk.remove_file(&self.path()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.failed("remove", source)),
        }
    }

    /// Follows its directory to a new name.
    pub fn set_dir(&mut self, dir: Arc<Path>) {
        self.dir = dir;
    }

    /// Puts the path to an answer of the operating system.
    pub fn failed(&self, action: &'static str, source: io::Error) -> DiskError {
        DiskError { action, path: self.path(), source }
    }
}
