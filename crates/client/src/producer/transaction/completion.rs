//! What an operation that goes on by itself came to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::error::TransactionError;

/// What an operation came to, for whoever waits for it.
#[derive(Debug, Default)]
pub(in crate::producer) struct Completion {
    result: OnceLock<Result<(), TransactionError>>,
    done: Notify,
    /// Whether the user was told.
    is_told: AtomicBool,
}

impl Completion {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Sets the result; the first one counts.
    pub(super) fn complete(&self, result: Result<(), TransactionError>) {
        let _ = self.result.set(result);
        self.done.notify_waiters();
    }

    pub(super) fn is_told(&self) -> bool {
        self.is_told.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(super) fn result(&self) -> Option<&Result<(), TransactionError>> {
        self.result.get()
    }

    pub(super) async fn wait(&self) -> Result<(), TransactionError> {
        loop {
            let done = self.done.notified();
            if let Some(result) = self.result.get() {
                self.is_told.store(true, Ordering::Relaxed);
                return result.clone();
            }
            done.await;
        }
    }
}
