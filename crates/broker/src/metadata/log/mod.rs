//! The metadata log of a quorum of one: `__cluster_metadata-0` in `metadata.log.dir`.
//!
//! [`MetadataLog::open`] loads it, [`MetadataLog::lead`] opens the leader's epoch, from then on
//! [`append`](MetadataLog::append) makes records durable, which for one voter is to commit them. A quorum of several
//! takes the place of this struct; what is above it only asks "append these, and tell when they are committed".

mod error;
mod load;
mod retention;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_config::ServerConfig;
use ottla_io::Disk;
use ottla_log::config::LogConfig;
use ottla_log::log::{LeaderAppendOptions, Log};
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{Batches, LeaderEpoch, Offset, Timestamp};
use ottla_wire::Uuid;
use ottla_wire::control::ControlRecord;
use ottla_wire::control::kraft_version::KRaftVersionRecord;
use ottla_wire::control::leader_change::{LeaderChangeMessage, Voter};

pub(crate) use error::{MetadataLogError, OpenMetadataLogError};
pub(crate) use load::{LoadedBatch, Replay};

use super::framing::{BatchPlace, append_control};
use super::quorum_state::{self, Leadership};
use super::snapshot::{SnapshotHeader, SnapshotId};
use super::voters::{LocalVoter, QuorumRecords};
use retention::Snapshot;

/// How the metadata log is to be opened.
#[derive(Debug, Clone)]
pub(crate) struct MetadataLogOptions {
    /// `metadata.log.dir`.
    pub(crate) metadata_log_dir: PathBuf,
    /// This node.
    pub(crate) local: LocalVoter,
    /// `controller.quorum.voters`.
    pub(crate) static_voters: BTreeSet<i32>,
    /// Size and age of segments.
    pub(crate) log_config: Arc<LogConfig>,
    /// `metadata.max.retention.bytes`; none for no limit.
    pub(crate) retention_bytes: Option<u64>,
    /// `metadata.max.retention.ms`; none for no limit.
    pub(crate) retention_ms: Option<i64>,
}

impl MetadataLogOptions {
    /// As a node's configuration has it.
    pub(crate) fn of(config: &ServerConfig, local: LocalVoter) -> Self {
        let keys = &config.keys.metadata_log;
        let segment_bytes =
            keys.internal_metadata_log_segment_bytes.unwrap_or(keys.metadata_log_segment_bytes);
        let log_config = LogConfig {
            segment_bytes: u32::try_from(segment_bytes).unwrap_or(u32::MAX),
            segment_ms: keys.metadata_log_segment_ms,
            max_message_bytes: u32::try_from(keys.internal_metadata_max_batch_size_in_bytes).unwrap_or(0),
            // Snapshots alone decide what goes.
            retention_bytes: None,
            retention_ms: None,
            ..LogConfig::default()
        };
        Self {
            metadata_log_dir: PathBuf::from(&config.metadata_log_dir),
            local,
            static_voters: config.quorum_voters.keys().copied().collect(),
            log_config: Arc::new(log_config),
            retention_bytes: u64::try_from(keys.metadata_max_retention_bytes).ok(),
            retention_ms: Some(keys.metadata_max_retention_ms).filter(|ms| *ms >= 0),
        }
    }
}

/// The metadata log.
#[derive(Debug)]
pub(crate) struct MetadataLog {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    options: MetadataLogOptions,
    log: Log,
    quorum: QuorumRecords,
    /// Epoch of the leader; this node, once it leads.
    epoch: LeaderEpoch,
    /// Oldest first.
    snapshots: Vec<Snapshot>,
    scratch: ValidationScratch,
}

impl MetadataLog {
    /// The directory of the log's files.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Offset that the next record gets.
    pub(crate) fn end_offset(&self) -> Offset {
        self.log.log_end_offset()
    }

    /// Epoch of the leader.
    pub(crate) fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// Id of the directory that the log lies in.
    pub(crate) fn directory_id(&self) -> Uuid {
        self.options.local.directory_id
    }

    /// `kraft.version`, and who votes.
    pub(crate) fn quorum(&self) -> &QuorumRecords {
        &self.quorum
    }

    /// The newest snapshot.
    pub(crate) fn latest_snapshot(&self) -> Option<SnapshotId> {
        self.snapshots.last().map(|snapshot| snapshot.id)
    }

    /// Makes this node the leader of a new epoch, which its first record tells. All that was in the log is committed when
    /// this returns.
    pub(crate) fn lead(&mut self, now: Timestamp) -> Result<(), MetadataLogError> {
        let epoch = LeaderEpoch(self.epoch.0.max(0) + 1);
        let leadership = Leadership { epoch, leader_id: Some(self.options.local.node_id) };
        let voters: Vec<i32> = self.options.static_voters.iter().copied().collect();
        quorum_state::write(&*self.disk, &self.dir, leadership, self.quorum.kraft_version, &voters)?;
        self.epoch = epoch;

        let records = self.epoch_records();
        let place = BatchPlace { base_offset: self.end_offset(), epoch, timestamp: now };
        let mut bytes = Vec::new();
        append_control(&mut bytes, place, &records);
        self.append(&mut bytes, now)?;
        for record in &records {
            self.quorum.replay(record, None);
        }
        tracing::info!(
            epoch = epoch.0,
            end_offset = self.end_offset().0,
            "this node leads the metadata quorum"
        );
        Ok(())
    }

    /// What a leader's epoch begins with.
    fn epoch_records(&self) -> Vec<ControlRecord> {
        let local = &self.options.local;
        let voter = || Voter { voter_id: local.node_id, ..Voter::default() };
        let mut records = vec![ControlRecord::LeaderChange(LeaderChangeMessage {
            leader_id: local.node_id,
            voters: vec![voter()],
            granting_voters: vec![voter()],
            ..LeaderChangeMessage::default()
        })];
        if let Some(voters) = self.quorum.update(local) {
            let kraft_version = self.quorum.kraft_version;
            records.push(ControlRecord::KraftVersion(KRaftVersionRecord {
                kraft_version,
                ..KRaftVersionRecord::default()
            }));
            records.push(ControlRecord::KraftVoters(voters));
        }
        records
    }

    /// Appends whole batches, which continue the log at the leader's epoch, and makes them durable. After an error nobody
    /// knows whether they are, and the log is out of use.
    pub(crate) fn append(&mut self, bytes: &mut [u8], now: Timestamp) -> Result<(), MetadataLogError> {
        let options = LeaderAppendOptions {
            leader_epoch: self.epoch,
            origin: AppendOrigin::RaftLeader,
            transaction_version: None,
            now,
        };
        let mut rest = bytes;
        // Batch by batch: all of them together may be more than a segment.
        while let Some(Ok(first)) = Batches::new(rest).next() {
            let (batch, behind) = rest.split_at_mut(first.size_in_bytes());
            self.log.append_as_leader(batch, &options, &mut self.scratch)?;
            rest = behind;
        }
        assert!(rest.is_empty(), "bytes that are no batches were to be appended to the metadata log");
        self.log.flush(now)?;
        let end = self.log.log_end_offset_metadata();
        self.log.update_high_watermark(end);
        Ok(())
    }

    /// What a snapshot taken now says first.
    pub(crate) fn snapshot_header(&self, last_contained_log_timestamp: Timestamp) -> SnapshotHeader {
        SnapshotHeader {
            last_contained_log_timestamp,
            kraft_version: self.quorum.kraft_version,
            voters: self.quorum.voters.clone(),
        }
    }

    /// Makes all durable and closes in good order.
    pub(crate) fn close(&mut self, now: Timestamp) -> Result<(), MetadataLogError> {
        Ok(self.log.close(now)?)
    }
}
