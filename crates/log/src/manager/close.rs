//! Closing a log directory in good order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ottla_record::Timestamp;

use super::threads::run_on;
use super::{LogHandle, LogManager, ManagerError, lock};
use crate::clean_shutdown::CleanShutdownFile;
use crate::log::StorageError;

/// How to close a log directory.
#[derive(Debug, Clone, Copy)]
pub struct CloseOptions {
    /// The broker's epoch, -1 if it never had one. The controller compares it at the next start.
    pub broker_epoch: i64,
    /// Threads that close, at least one.
    pub threads: usize,
    /// Now.
    pub now: Timestamp,
}

impl LogManager {
    /// Flushes and closes all logs, writes the checkpoints, and leaves the file that says so.
    ///
    /// # Errors
    ///
    /// If anything fails; the file is not left then, and the next start recovers the logs. They are all out of use
    /// either way.
    pub fn close(mut self, options: &CloseOptions) -> Result<(), ManagerError> {
        self.check_online()?;
        let handles: Vec<_> = self.all_logs().map(|(_, handle)| Arc::clone(handle)).collect();
        let closed = close_all(&handles, options);
        self.offline_on_storage_failure(closed)?;
        self.checkpoint_all()?;
        let file = CleanShutdownFile::new(Arc::clone(&self.disk), &self.dir);
        Ok(file.write(options.broker_epoch)?)
    }
}

/// Closes the logs, several at a time; all are tried, one of the failures is returned.
fn close_all(handles: &[LogHandle], options: &CloseOptions) -> Result<(), StorageError> {
    let next = AtomicUsize::new(0);
    run_on(options.threads, handles.len(), || {
        let mut result = Ok(());
        while let Some(handle) = handles.get(next.fetch_add(1, Ordering::Relaxed)) {
            let closed = lock(handle).close(options.now);
            result = result.and(closed);
        }
        result
    })
}
