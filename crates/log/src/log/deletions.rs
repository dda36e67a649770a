//! Files on their way out: renamed at once, removed when `file.delete.delay.ms` has passed.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::Disk;
use ottla_record::Timestamp;

use crate::error::DiskError;
use crate::paths::FileName;

/// Files that already bear the `.deleted` suffix.
///
/// They are not remembered across a restart; loading removes whatever bears the suffix.
#[derive(Debug, Default)]
pub(super) struct Deletions {
    queue: VecDeque<Pending>,
}

#[derive(Debug)]
struct Pending {
    due: Timestamp,
    names: Vec<FileName>,
}

impl Deletions {
    pub(super) fn push(&mut self, due: Timestamp, names: Vec<FileName>) {
        if !names.is_empty() {
            self.queue.push_back(Pending { due, names });
        }
    }

    /// When the first files may go.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.queue.iter().map(|pending| pending.due).min()
    }

    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<FileName> {
        let mut names = Vec::new();
        self.queue.retain_mut(|pending| {
            let due = pending.due <= now;
            if due {
                names.append(&mut pending.names);
            }
            !due
        });
        names
    }
}

/// Removal of files whose time has come, to be run without the log's lock.
#[derive(Debug)]
#[must_use = "the files stay until the job is run"]
pub struct DeletionJob {
    disk: Arc<dyn Disk>,
    paths: Vec<PathBuf>,
}

impl DeletionJob {
    pub(super) fn new(disk: Arc<dyn Disk>, dir: &Path, names: &[FileName]) -> Self {
        Self { disk, paths: names.iter().map(|name| name.in_dir(dir)).collect() }
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether there is nothing to remove.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Removes the files; one that is gone already is no error. All are tried, the first failure is returned.
    pub fn run(self) -> Result<(), DiskError> {
        let mut result = Ok(());
        for path in self.paths {
            match self.disk.remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => result = result.and(Err(DiskError { action: "remove", path, source })),
            }
        }
        result
    }
}
