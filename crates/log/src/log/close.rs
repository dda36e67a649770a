//! The end of a log's use: closed, renamed, removed.

use std::path::Path;
use std::sync::Arc;

use ottla_record::Timestamp;

use super::Log;
use super::error::StorageError;
use super::flush::sync_dir;
use crate::error::DiskError;

impl Log {
    /// Brings everything to stable storage and closes in good order, so that the log can be opened without recovery.
    ///
    /// After an error it must be opened as after a crash; so must a log that was out of use.
    pub fn close(mut self, now: Timestamp) -> Result<ClosedLog, StorageError> {
        self.flush(now)?;
        self.producers.take_snapshot()?;
        for segment in self.segments.as_mut_slice() {
            segment.close()?;
        }
        self.leader_epochs.flush()?;
        sync_dir(&*self.disk, &self.dir)?;
        Ok(ClosedLog { log: self })
    }

    /// Gives the log's directory another name in the same log directory: `-delete`, `-stray`, or a future log's own.
    ///
    /// The rename is durable when this returns. Slices that were handed out stay readable.
    pub fn rename_dir(&mut self, name: &str) -> Result<(), StorageError> {
        self.check_usable()?;
        let renamed = self.move_dir(name);
        self.poison_on_failure(renamed)
    }

    fn move_dir(&mut self, name: &str) -> Result<(), StorageError> {
        let parent = self.dir.parent().unwrap_or_else(|| Path::new("")).to_owned();
        let to: Arc<Path> = parent.join(name).into();
        if to == self.dir {
            return Ok(());
        }
        self.leader_epochs.flush()?;
        self.disk.rename(&self.dir, &to).map_err(|source| DiskError {
            action: "rename",
            path: self.dir.to_path_buf(),
            source,
        })?;
        sync_dir(&*self.disk, &parent)?;
        for segment in self.segments.as_mut_slice() {
            segment.set_dir(&to);
        }
        self.leader_epochs.set_dir(Arc::clone(&to));
        self.producers.set_dir(Arc::clone(&to));
        self.dir = to;
        Ok(())
    }

    /// Removes the log with its directory, at once.
    pub fn delete(self) -> Result<(), DiskError> {
        self.disk.remove_dir_all(&self.dir).map_err(|source| DiskError {
            action: "remove",
            path: self.dir.to_path_buf(),
            source,
        })
    }
}

/// A log that was closed in good order; what its checkpoints need is still there to be asked.
#[derive(Debug)]
pub struct ClosedLog {
    log: Log,
}

impl ClosedLog {
    /// The log as it was closed.
    pub fn log(&self) -> &Log {
        &self.log
    }
}
