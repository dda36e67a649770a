//! One log directory of the node, as the partitions in it see it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use ottla_log::log::StorageError;
use ottla_log::manager::LogManager;
use ottla_wire::Uuid;
use parking_lot::Mutex;

use super::background::Event;

/// A log directory. When it fails it goes offline until the node is restarted; the others go on.
#[derive(Debug)]
pub(crate) struct Directory {
    index: usize,
    path: PathBuf,
    id: Uuid,
    online: AtomicBool,
    /// Whether its failure was reported already.
    reported: AtomicBool,
    cordoned: AtomicBool,
    /// None if it could not be opened, or was closed.
    manager: Mutex<Option<LogManager>>,
    events: Sender<Event>,
}

impl Directory {
    pub(super) fn new(
        index: usize,
        path: PathBuf,
        id: Uuid,
        manager: Option<LogManager>,
        events: Sender<Event>,
    ) -> Self {
        Self {
            index,
            path,
            id,
            online: AtomicBool::new(manager.is_some()),
            reported: AtomicBool::new(false),
            cordoned: AtomicBool::new(false),
            manager: Mutex::new(manager),
            events,
        }
    }

    /// Its path, as configured.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its id, from its `meta.properties`.
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    /// Whether it works.
    pub(crate) fn is_online(&self) -> bool {
        self.online.load(Ordering::Acquire)
    }

    /// Whether it gets no new replicas (KIP-1066).
    pub(crate) fn is_cordoned(&self) -> bool {
        self.cordoned.load(Ordering::Acquire)
    }

    pub(super) fn set_cordoned(&self, cordoned: bool) {
        self.cordoned.store(cordoned, Ordering::Release);
    }

    pub(super) fn set_offline(&self) {
        self.online.store(false, Ordering::Release);
    }

    /// Its logs; none if it could not be opened or was closed.
    pub(super) fn manager(&self) -> parking_lot::MutexGuard<'_, Option<LogManager>> {
        self.manager.lock()
    }

    /// Tells that a file in it failed. The rest is done by the background thread; this returns at once.
    pub(crate) fn report_failure(&self, error: &StorageError) {
        self.report_cause(&error.to_string());
    }

    /// The same, with the failure in words.
    pub(super) fn report_cause(&self, cause: &str) {
        if !self.reported.swap(true, Ordering::AcqRel) {
            let event = Event::DirectoryFailed { index: self.index, cause: cause.to_owned() };
            // Without a background thread the node is stopping.
            self.events.send(event).ok();
        }
    }
}
