//! Failures that a running node must act on: log directories that fail, and those without which it cannot go on.

use std::sync::Arc;

use tokio::sync::watch;
use tracing::error;

use crate::metadata::thread::ControllerHandle;
use crate::partitions::DirectoryLosses;

/// What is watched, and where the end of the node is told.
pub(super) struct Watched {
    pub(super) controller: ControllerHandle,
    pub(super) losses: DirectoryLosses,
    pub(super) failed: watch::Sender<Option<Arc<str>>>,
}

/// Tells the controller of failed log directories, and the node of failures it cannot outlive.
pub(super) async fn watch_for_failures(mut watched: Watched, mut stop: watch::Receiver<bool>) {
    let cause = tokio::select! {
        cause = watched.watch() => cause,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    error!(%cause, "the node cannot go on");
    watched.failed.send_replace(Some(cause));
}

impl Watched {
    /// Returns only with a cause to stop.
    async fn watch(&mut self) -> Arc<str> {
        loop {
            tokio::select! {
                cause = self.controller.failed() => return cause,
                changed = self.losses.changed() => {
                    if changed.is_err() {
                        return std::future::pending().await;
                    }
                }
            }
            let losses = self.losses.borrow_and_update().clone();
            if losses.none_left {
                return "all log directories have failed".into();
            }
            // If the controller cannot be told, it has failed, and the next turn finds out.
            let _ = self.controller.fail_directories(losses.offline).await;
        }
    }
}
