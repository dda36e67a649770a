//! The end of a log's use: closed, renamed, taken out.

use std::path::Path;
use std::sync::Arc;

use ottla_record::Timestamp;

use super::Log;
use super::error::{PoisonedError, StorageError};
use super::flush::sync_dir;
use crate::error::DiskError;

impl Log {
    /// Brings everything to stable storage and closes in good order, so that the log can be opened without recovery.
    /// Its offsets can still be asked; everything else answers that it is out of use.
    ///
    /// After an error it must be opened as after a crash; so must a log that was out of use before.
    pub fn close(&mut self, now: Timestamp) -> Result<(), StorageError> {
        self.flush(now)?;
        let closed = self.close_files();
        self.poison_on_failure(closed)?;
        self.poison = Some(PoisonedError { dir: self.dir.to_path_buf(), cause: "it was closed".to_owned() });
        Ok(())
    }

    fn close_files(&mut self) -> Result<(), StorageError> {
        let has_new_snapshot = self.producers.take_snapshot()?.is_some();
        for segment in self.segments.as_mut_slice() {
            segment.close()?;
        }
        self.leader_epochs.flush()?;
        // A node closes thousands of logs that nobody used.
        if self.touched || has_new_snapshot {
            sync_dir(&*self.disk, &self.dir)?;
        }
        Ok(())
    }

    /// Takes the log out of use because something else failed in its log directory.
    pub fn take_out_of_use(&mut self, cause: &str) {
        let dir = self.dir.to_path_buf();
        self.poison.get_or_insert_with(|| PoisonedError { dir, cause: cause.to_owned() });
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
        self.segments_version += 1;
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
}
