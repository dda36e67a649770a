//! When a snapshot of the metadata log is due, and writing it beside the thread's other work.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ottla_controller::features::MetadataVersion;
use ottla_controller::image::{MetadataImage, Provenance};
use ottla_io::Disk;
use ottla_record::{Offset, Timestamp};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{MetadataFailure, MetadataThread};
use crate::metadata::snapshot::{SnapshotHeader, SnapshotId, SnapshotWriteError, SnapshotWriter};

/// Records that are handed to the writer at once.
const CHUNK: usize = 1000;

/// When a snapshot is due.
#[derive(Debug, Clone, Copy)]
pub(super) struct SnapshotLimits {
    /// `metadata.log.max.record.bytes.between.snapshots`.
    pub(super) bytes: u64,
    /// `metadata.log.max.snapshot.interval.ms`; none for no limit.
    pub(super) interval: Option<Duration>,
}

/// Snapshots, one at a time.
pub(super) struct Snapshots {
    limits: SnapshotLimits,
    bytes_since: u64,
    since: Instant,
    task: Option<JoinHandle<Result<Written, SnapshotWriteError>>>,
    random: Arc<dyn Fn() -> [u8; 16] + Send + Sync>,
}

/// A snapshot that is on the disk.
#[derive(Debug)]
pub(super) struct Written {
    id: SnapshotId,
    len: u64,
    timestamp: Timestamp,
}

impl Snapshots {
    pub(super) fn new(
        limits: SnapshotLimits,
        bytes_since: u64,
        random: Arc<dyn Fn() -> [u8; 16] + Send + Sync>,
    ) -> Self {
        Self { limits, bytes_since, since: Instant::now(), task: None, random }
    }

    pub(super) fn add_bytes(&mut self, bytes: u64) {
        self.bytes_since += bytes;
    }

    fn is_due(&self) -> bool {
        let is_late = |interval| self.since.elapsed() >= interval;
        self.task.is_none()
            && (self.bytes_since >= self.limits.bytes || self.limits.interval.is_some_and(is_late))
    }

    /// Waits for the snapshot that is being written, for ever if none is.
    pub(super) async fn finished(&mut self) -> Result<Written, SnapshotWriteError> {
        let Some(task) = &mut self.task else { return std::future::pending().await };
        let result = task.await;
        self.task = None;
        match result {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Waits for the snapshot that is being written, if one is.
    pub(super) async fn last(&mut self) -> Option<Result<Written, SnapshotWriteError>> {
        if self.task.is_some() { Some(self.finished().await) } else { None }
    }
}

impl MetadataThread {
    /// Begins a snapshot of what was published last, if one is due and no transaction is open.
    pub(super) fn begin_snapshot_if_due(&mut self) {
        if !self.snapshots.is_due() || self.loader.in_transaction() {
            return;
        }
        let image = Arc::clone(self.loader.published());
        let Some(version) = image.features().metadata_version() else { return };
        self.snapshots.bytes_since = 0;
        self.snapshots.since = Instant::now();
        let Provenance { offset, epoch, timestamp } = image.provenance;
        let id = SnapshotId { end_offset: Offset(offset.0 + 1), epoch };
        if self.log.latest_snapshot().is_some_and(|latest| latest >= id) {
            return;
        }
        let job = SnapshotJob {
            disk: Arc::clone(&self.disk),
            dir: self.log.dir().to_owned(),
            id,
            header: self.log.snapshot_header(timestamp),
            image,
            version,
            now: self.now(),
            unique: (self.snapshots.random)(),
        };
        tracing::info!(snapshot = %id, "writing a snapshot of the metadata log");
        self.snapshots.task = Some(tokio::task::spawn_blocking(move || job.run()));
    }

    /// Learns what became of a snapshot.
    pub(super) fn on_snapshot(
        &mut self,
        done: Result<Written, SnapshotWriteError>,
    ) -> Result<(), MetadataFailure> {
        match done {
            Ok(Written { id, len, timestamp }) => {
                tracing::info!(snapshot = %id, len, "wrote a snapshot of the metadata log");
                self.log.add_snapshot(id, len, timestamp);
                let now = self.now();
                self.log.clean(now)?;
            }
            // The log itself is whole, and goes on growing.
            Err(error) => tracing::error!(%error, "cannot write a snapshot of the metadata log"),
        }
        Ok(())
    }
}

struct SnapshotJob {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    id: SnapshotId,
    header: SnapshotHeader,
    image: Arc<MetadataImage>,
    version: MetadataVersion,
    now: Timestamp,
    unique: [u8; 16],
}

impl SnapshotJob {
    fn run(self) -> Result<Written, SnapshotWriteError> {
        let mut writer =
            SnapshotWriter::create(&*self.disk, &self.dir, self.id, &self.header, self.now, self.unique)?;
        for records in self.image.records(self.version).chunks(CHUNK) {
            writer.append(records)?;
        }
        let len = writer.freeze()?;
        Ok(Written { id: self.id, len, timestamp: self.header.last_contained_log_timestamp })
    }
}
