//! Loading the metadata log: the newest snapshot, then the records behind it.

use std::sync::Arc;

use ottla_controller::VersionedRecord;
use ottla_controller::image::{Provenance, ReplayError};
use ottla_io::Disk;
use ottla_log::error::DiskError;
use ottla_log::leader_epoch::EpochEntry;
use ottla_log::log::{FetchIsolation, Log, LogSlice, OpenOptions, ReadOptions};
use ottla_log::validate::ValidationScratch;
use ottla_record::{Batch, Batches, LeaderEpoch, Offset, Timestamp};
use ottla_wire::Uuid;

use super::error::OpenMetadataLogError;
use super::retention::{Snapshot, load_snapshots};
use super::{MetadataLog, MetadataLogOptions};
use crate::metadata::METADATA_LOG_DIR_NAME;
use crate::metadata::framing::{BATCH_BYTES_MAX, RecordRun};
use crate::metadata::quorum_state;
use crate::metadata::snapshot::{SnapshotReader, remove_leftovers};
use crate::metadata::voters::QuorumRecords;

/// Most bytes that are read of the log at once, save a batch that is larger.
const READ_BYTES_MAX: u32 = BATCH_BYTES_MAX as u32;

/// Who follows what is loaded.
pub(crate) trait Replay {
    /// All records of the newest snapshot.
    fn snapshot(&mut self, provenance: Provenance, records: &[VersionedRecord]) -> Result<(), ReplayError>;
    /// The records of a batch behind it.
    fn batch(&mut self, batch: &LoadedBatch) -> Result<(), (Offset, ReplayError)>;
}

/// Records that share a batch.
#[derive(Debug, Clone)]
pub(crate) struct LoadedBatch {
    pub(crate) base_offset: Offset,
    pub(crate) epoch: LeaderEpoch,
    pub(crate) timestamp: Timestamp,
    pub(crate) records: Vec<VersionedRecord>,
}

impl LoadedBatch {
    /// Each record with where it stands.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Provenance, &VersionedRecord)> {
        (self.base_offset.0..).zip(&self.records).map(|(offset, record)| {
            let provenance =
                Provenance { offset: Offset(offset), epoch: self.epoch, timestamp: self.timestamp };
            (provenance, record)
        })
    }
}

impl MetadataLog {
    /// Opens the log, after a crash without what was torn, and replays it. Answers, too, how many bytes of it lie behind the
    /// newest snapshot.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        options: MetadataLogOptions,
        now: Timestamp,
        replay: &mut dyn Replay,
    ) -> Result<(Self, u64), OpenMetadataLogError> {
        let dir = options.metadata_log_dir.join(METADATA_LOG_DIR_NAME);
        let open_options = OpenOptions {
            config: Arc::clone(&options.log_config),
            // Kafka reads all of it at every start, too: snapshots keep it short.
            clean_shutdown: false,
            recovery_point: Offset(0),
            log_start_offset: Offset(0),
            was_compacted: false,
            topic_id: Some(Uuid::METADATA_TOPIC_ID),
            now,
        };
        let (log, summary) = Log::open(Arc::clone(&disk), &dir, &open_options)?;
        if let Some(cut) = &summary.truncated {
            let (bytes, end_offset, reason) = (cut.bytes, cut.end_offset.0, &cut.reason);
            tracing::warn!(bytes, end_offset, reason, "cut a torn tail off the metadata log");
        }
        remove_leftovers(&*disk, &dir)?;
        let snapshots = load_snapshots(&*disk, &dir)?;
        let mut metadata_log = Self {
            disk,
            dir,
            options,
            log,
            quorum: QuorumRecords::default(),
            epoch: LeaderEpoch(0),
            snapshots,
            scratch: ValidationScratch::new(),
        };
        metadata_log.reconcile(now)?;
        metadata_log.epoch = metadata_log.last_epoch()?;
        let start = metadata_log.replay_snapshot(replay)?;
        let bytes_since_snapshot = metadata_log.replay_log(start, replay)?;
        metadata_log.quorum.check(&metadata_log.options.local, &metadata_log.options.static_voters)?;
        Ok((metadata_log, bytes_since_snapshot))
    }

    /// Lets the log begin at the newest snapshot where it does not reach it, and drops snapshots from before the log.
    fn reconcile(&mut self, now: Timestamp) -> Result<(), OpenMetadataLogError> {
        let newest = self.snapshots.last().map(|snapshot| snapshot.id);
        if let Some(newest) = newest {
            let log_epoch = self.log.latest_epoch().unwrap_or(LeaderEpoch(0));
            let is_ahead = newest.epoch > log_epoch
                || (newest.epoch == log_epoch && newest.end_offset > self.log.log_end_offset());
            if is_ahead {
                tracing::warn!(snapshot = %newest, end_offset = self.end_offset().0, "the metadata log ends before its newest snapshot, and begins anew at it");
                self.log.truncate_fully_and_start_at(newest.end_offset, None, now)?;
                let entry = EpochEntry { epoch: newest.epoch, start_offset: newest.end_offset };
                if newest.epoch.0 > 0 {
                    self.log.assign_epoch_start_offset(entry);
                }
            }
        }
        let start = self.log.log_start_offset();
        if start > Offset(0) && newest.is_none_or(|newest| newest.end_offset < start) {
            return Err(OpenMetadataLogError::Gap { dir: self.dir.clone(), start, newest });
        }
        self.forget_snapshots_before(start)?;
        Ok(())
    }

    /// The highest epoch known.
    fn last_epoch(&self) -> Result<LeaderEpoch, OpenMetadataLogError> {
        let stored = quorum_state::read(&*self.disk, &self.dir)?.map(|leadership| leadership.epoch);
        let snapshot = self.snapshots.last().map(|snapshot| snapshot.id.epoch);
        let known = [stored, snapshot, self.log.latest_epoch()];
        Ok(known.into_iter().flatten().max().unwrap_or(LeaderEpoch(0)))
    }

    /// Replays the newest snapshot; answers where the log goes on.
    fn replay_snapshot(&mut self, replay: &mut dyn Replay) -> Result<Offset, OpenMetadataLogError> {
        let Some(Snapshot { id, timestamp, .. }) = self.snapshots.last().copied() else {
            return Ok(self.log.log_start_offset());
        };
        let mut reader = SnapshotReader::open(&*self.disk, &self.dir, id)?;
        let mut records = Vec::new();
        while let Some(run) = reader.next_run()? {
            match run {
                RecordRun::Metadata(mut some) => records.append(&mut some),
                RecordRun::Control(control) => {
                    control.iter().for_each(|record| self.quorum.replay(record, Some(id.end_offset)));
                }
            }
        }
        if id.end_offset > Offset(0) {
            let provenance = Provenance { offset: Offset(id.end_offset.0 - 1), epoch: id.epoch, timestamp };
            let replayed = replay.snapshot(provenance, &records);
            replayed.map_err(|source| self.unfit(provenance.offset, source))?;
        }
        Ok(id.end_offset)
    }

    /// Replays the log from an offset on; answers how many bytes that were.
    fn replay_log(&mut self, start: Offset, replay: &mut dyn Replay) -> Result<u64, OpenMetadataLogError> {
        let end = self.log.log_end_offset();
        let (mut offset, mut bytes) = (start, 0);
        let mut buffer = Vec::new();
        while offset < end {
            let options = ReadOptions {
                start_offset: offset,
                bytes_max: READ_BYTES_MAX,
                min_one_message: true,
                isolation: FetchIsolation::LogEnd,
            };
            let Some(slice) = self.log.read(&options)?.slice else { break };
            read_slice(&slice, &mut buffer).map_err(|source| DiskError {
                action: "read",
                path: self.dir.clone(),
                source,
            })?;
            for batch in Batches::new(&buffer) {
                let batch = match batch {
                    Ok(batch) => batch,
                    Err(error) if error.is_truncated() => break,
                    Err(error) => return Err(self.malformed(error.into())),
                };
                self.replay_batch(&batch, replay)?;
                bytes += batch.size_in_bytes() as u64;
                offset = batch.last_offset() + 1;
            }
        }
        Ok(bytes)
    }

    fn replay_batch(
        &mut self,
        batch: &Batch<'_>,
        replay: &mut dyn Replay,
    ) -> Result<(), OpenMetadataLogError> {
        match RecordRun::of(batch).map_err(|error| self.malformed(error))? {
            RecordRun::Control(records) => {
                records.iter().for_each(|record| self.quorum.replay(record, None));
            }
            RecordRun::Metadata(records) => {
                let loaded = LoadedBatch {
                    base_offset: batch.base_offset,
                    epoch: batch.partition_leader_epoch,
                    timestamp: batch.max_timestamp,
                    records,
                };
                replay.batch(&loaded).map_err(|(offset, source)| self.unfit(offset, source))?;
            }
        }
        Ok(())
    }

    fn malformed(&self, source: crate::metadata::framing::FramingError) -> OpenMetadataLogError {
        OpenMetadataLogError::Framing { dir: self.dir.clone(), source }
    }

    fn unfit(&self, offset: Offset, source: ReplayError) -> OpenMetadataLogError {
        OpenMetadataLogError::Replay { dir: self.dir.clone(), offset, source }
    }
}

fn read_slice(slice: &LogSlice, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    buffer.resize(slice.len as usize, 0);
    slice.file.read_exact_at(buffer, u64::from(slice.position))
}
