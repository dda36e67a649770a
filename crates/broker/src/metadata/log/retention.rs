//! Letting old snapshots and segments go.

use std::path::Path;

use ottla_io::Disk;
use ottla_log::error::DiskError;
use ottla_record::{Offset, Timestamp};
use ottla_wire::control::ControlRecord;

use super::MetadataLog;
use super::error::MetadataLogError;
use crate::metadata::framing::RecordRun;
use crate::metadata::snapshot::{
    SnapshotFile, SnapshotId, SnapshotReadError, SnapshotReader, list_snapshots, remove_snapshot,
};

/// A snapshot on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) id: SnapshotId,
    pub(super) len: u64,
    /// Append time of the last record that it stands for.
    pub(super) timestamp: Timestamp,
}

/// The snapshots in the directory of the metadata log, oldest first.
pub(super) fn load_snapshots(disk: &dyn Disk, dir: &Path) -> Result<Vec<Snapshot>, SnapshotReadError> {
    let load = |SnapshotFile { id, len }: SnapshotFile| {
        let timestamp = match SnapshotReader::open(disk, dir, id)?.next_run()? {
            Some(RecordRun::Control(records)) => header_timestamp(&records),
            _ => None,
        };
        Ok(Snapshot { id, len, timestamp: timestamp.unwrap_or(Timestamp(0)) })
    };
    list_snapshots(disk, dir)?.into_iter().map(load).collect()
}

fn header_timestamp(records: &[ControlRecord]) -> Option<Timestamp> {
    records.iter().find_map(|record| match record {
        ControlRecord::SnapshotHeader(header) => Some(Timestamp(header.last_contained_log_timestamp)),
        _ => None,
    })
}

impl MetadataLog {
    /// Learns of a snapshot that was finished.
    pub(crate) fn add_snapshot(&mut self, id: SnapshotId, len: u64, timestamp: Timestamp) {
        self.snapshots.retain(|known| known.id != id);
        self.snapshots.push(Snapshot { id, len, timestamp });
        self.snapshots.sort_unstable_by_key(|snapshot| snapshot.id);
    }

    /// Removes snapshots, and the segments before the snapshots that follow them, while they are older than
    /// `metadata.max.retention.ms` or all together more than `metadata.max.retention.bytes`. The newest stays.
    pub(crate) fn clean(&mut self, now: Timestamp) -> Result<(), MetadataLogError> {
        while let [oldest, next, ..] = self.snapshots[..]
            && (self.is_beyond_size() || self.is_beyond_age(oldest, now))
        {
            tracing::info!(snapshot = %oldest.id, log_start_offset = next.id.end_offset.0, "an old snapshot goes");
            self.log.maybe_increment_log_start_offset(next.id.end_offset)?;
            self.log.delete_old_segments(now)?;
            self.forget_snapshots_before(next.id.end_offset)?;
        }
        if let Some(job) = self.log.due_deletions(now) {
            job.run()?;
        }
        Ok(())
    }

    fn is_beyond_size(&self) -> bool {
        let snapshots: u64 = self.snapshots.iter().map(|snapshot| snapshot.len).sum();
        self.options.retention_bytes.is_some_and(|max| self.log.size() + snapshots > max)
    }

    fn is_beyond_age(&self, snapshot: Snapshot, now: Timestamp) -> bool {
        let age = now.0.saturating_sub(snapshot.timestamp.0);
        self.options.retention_ms.is_some_and(|max| age > max)
    }

    /// Removes the snapshots that end before an offset.
    pub(super) fn forget_snapshots_before(&mut self, offset: Offset) -> Result<(), DiskError> {
        while let Some(oldest) = self.snapshots.first()
            && oldest.id.end_offset < offset
        {
            remove_snapshot(&*self.disk, &self.dir, oldest.id)?;
            self.snapshots.remove(0);
        }
        Ok(())
    }
}
