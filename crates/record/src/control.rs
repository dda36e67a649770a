//! Control records: what a cluster writes into a log for itself.

use thiserror::Error;

use crate::builder::{BatchBuilder, BatchSettings, NewRecord};
use crate::bytes::{be_i16, be_i32};
use crate::compression::Compressor;
use crate::ids::{LeaderEpoch, Offset, ProducerId, Timestamp};
use crate::record::Record;

/// Version of keys and of end markers that we write. Readers take a higher one for this one.
const VERSION: i16 = 0;
const KEY_SIZE: usize = 4;
const END_TXN_MARKER_SIZE: usize = 6;

/// What a control record is. Its key is a version and the id, two bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlRecordType {
    /// End of a transaction whose records do not count.
    Abort,
    /// End of a transaction whose records count.
    Commit,
    /// First record of a new leader's term in the quorum.
    LeaderChange,
    /// First record of a snapshot.
    SnapshotHeader,
    /// Last record of a snapshot.
    SnapshotFooter,
    /// Version of the quorum's protocol.
    KRaftVersion,
    /// The quorum's voters (KIP-853).
    KRaftVoters,
    /// One that came after this program and is to be skipped.
    Unknown(i16),
}

/// A control record, or what should be one, cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidControlRecord {
    /// The key or value is null or short.
    #[error("the {part} of the control record has {have} bytes, at least {need} are needed")]
    TooShort {
        /// Key or value.
        part: &'static str,
        /// Bytes that are there.
        have: usize,
        /// Bytes that are needed.
        need: usize,
    },
    /// There never was such a version.
    #[error("the {part} of the control record has version {version}, 0 would be right")]
    NegativeVersion {
        /// Key or value.
        part: &'static str,
        /// As stored.
        version: i16,
    },
    /// Only commit and abort end a transaction.
    #[error("control record of type {0} does not end a transaction, 0 or 1 would")]
    NotAMarker(i16),
}

impl ControlRecordType {
    /// As the key has it.
    pub const fn id(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::LeaderChange => 2,
            Self::SnapshotHeader => 3,
            Self::SnapshotFooter => 4,
            Self::KRaftVersion => 5,
            Self::KRaftVoters => 6,
            Self::Unknown(id) => id,
        }
    }

    /// The type with this id.
    pub const fn from_id(id: i16) -> Self {
        match id {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KRaftVersion,
            6 => Self::KRaftVoters,
            id => Self::Unknown(id),
        }
    }

    /// The key of its records.
    pub const fn key(self) -> [u8; KEY_SIZE] {
        let [version_high, version_low] = VERSION.to_be_bytes();
        let [id_high, id_low] = self.id().to_be_bytes();
        [version_high, version_low, id_high, id_low]
    }

    /// The type that a record of a control batch has.
    ///
    /// # Errors
    /// If the key is null or too short, or its version negative.
    pub fn of(record: &Record<'_>) -> Result<Self, InvalidControlRecord> {
        let key = checked("key", record.key, KEY_SIZE)?;
        Ok(Self::from_id(be_i16(key, 2)))
    }
}

fn checked<'a>(
    part: &'static str,
    bytes: Option<&'a [u8]>,
    need: usize,
) -> Result<&'a [u8], InvalidControlRecord> {
    let bytes = bytes.unwrap_or_default();
    if bytes.len() < need {
        return Err(InvalidControlRecord::TooShort { part, have: bytes.len(), need });
    }
    let version = be_i16(bytes, 0);
    if version < 0 { Err(InvalidControlRecord::NegativeVersion { part, version }) } else { Ok(bytes) }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionResult {
    /// Its records do not count.
    Abort,
    /// Its records count.
    Commit,
}

/// The marker that ends a transaction on one partition. Value: version and the coordinator's epoch, two and
/// four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTxnMarker {
    /// Commit or abort.
    pub result: TransactionResult,
    /// Term of the coordinator that ended it, which fences its predecessors.
    pub coordinator_epoch: i32,
}

/// Where and by whom a marker is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkerSettings {
    /// Its offset.
    pub offset: Offset,
    /// When it is written.
    pub timestamp: Timestamp,
    /// Term of the leader that appends it.
    pub partition_leader_epoch: LeaderEpoch,
    /// Whose transaction it was.
    pub producer_id: ProducerId,
    /// The producer's epoch; with transactions of version 2 the one already raised (KIP-890).
    pub producer_epoch: i16,
}

impl EndTxnMarker {
    /// Reads the marker in a record of a transactional control batch.
    ///
    /// # Errors
    /// If key or value are too short or of a negative version, or the type is neither commit nor abort.
    pub fn of(record: &Record<'_>) -> Result<Self, InvalidControlRecord> {
        let result = match ControlRecordType::of(record)? {
            ControlRecordType::Abort => TransactionResult::Abort,
            ControlRecordType::Commit => TransactionResult::Commit,
            other => return Err(InvalidControlRecord::NotAMarker(other.id())),
        };
        let value = checked("value", record.value, END_TXN_MARKER_SIZE)?;
        Ok(Self { result, coordinator_epoch: be_i32(value, 2) })
    }

    /// Which control record it is.
    pub const fn control_type(&self) -> ControlRecordType {
        match self.result {
            TransactionResult::Abort => ControlRecordType::Abort,
            TransactionResult::Commit => ControlRecordType::Commit,
        }
    }

    /// The value of its record.
    pub fn value(&self) -> [u8; END_TXN_MARKER_SIZE] {
        let mut value = [0; END_TXN_MARKER_SIZE];
        value[..2].copy_from_slice(&VERSION.to_be_bytes());
        value[2..].copy_from_slice(&self.coordinator_epoch.to_be_bytes());
        value
    }

    /// The marker as a batch of its own.
    ///
    /// # Panics
    /// If there is no producer, its epoch is negative, or the timestamp is below -1: a transaction has all
    /// three.
    pub fn to_batch(&self, settings: &MarkerSettings) -> Vec<u8> {
        let mut builder = BatchBuilder::new(BatchSettings {
            base_offset: settings.offset,
            partition_leader_epoch: settings.partition_leader_epoch,
            producer_id: settings.producer_id,
            producer_epoch: settings.producer_epoch,
            is_transactional: true,
            is_control: true,
            ..BatchSettings::default()
        });
        let (key, value) = (self.control_type().key(), self.value());
        builder
            .append(&control_record(&key, &value, settings.timestamp))
            .expect("a marker's timestamp is valid");
        builder.build(&mut Compressor::new()).expect("a marker has a producer")
    }
}

/// A record for a control batch: `key` is that of its type, `value` the bytes of its message, version first.
pub const fn control_record<'a>(
    key: &'a [u8; KEY_SIZE],
    value: &'a [u8],
    timestamp: Timestamp,
) -> NewRecord<'a> {
    NewRecord { timestamp, key: Some(key), value: Some(value), headers: &[] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::compression::Decompressor;
    use crate::golden;

    fn marker_of(bytes: &[u8]) -> Result<EndTxnMarker, InvalidControlRecord> {
        let batch = Batch::parse(bytes).expect("a batch");
        let mut decompressor = Decompressor::with_limit(0);
        let mut records = batch.records(&mut decompressor).expect("readable");
        EndTxnMarker::of(&records.next().expect("one record").expect("valid"))
    }

    #[test]
    fn writes_and_reads_the_marker_of_kafka() {
        let marker = EndTxnMarker { result: TransactionResult::Commit, coordinator_epoch: 4 };
        let settings = MarkerSettings {
            offset: Offset(5),
            timestamp: Timestamp(1000),
            partition_leader_epoch: LeaderEpoch(9),
            producer_id: ProducerId(7),
            producer_epoch: 3,
        };
        assert_eq!(marker.to_batch(&settings), golden::commit_marker());
        assert_eq!(marker_of(&golden::commit_marker()), Ok(marker));
    }

    #[test]
    fn ids_are_kafkas() {
        for id in 0..=6 {
            let known = ControlRecordType::from_id(id);
            assert_eq!(known.id(), id);
            assert_ne!(known, ControlRecordType::Unknown(id));
        }
        assert_eq!(ControlRecordType::from_id(7), ControlRecordType::Unknown(7));
        assert_eq!(ControlRecordType::KRaftVoters.key(), [0, 0, 0, 6]);
    }

    #[test]
    fn defects_of_markers() {
        let record = |key, value| Record {
            offset: Offset(0),
            timestamp: Timestamp(0),
            sequence: -1,
            attributes: 0,
            size_in_bytes: 0,
            key,
            value,
            headers: crate::record::Headers::default(),
        };
        let check = |key, value, error| assert_eq!(EndTxnMarker::of(&record(key, value)), Err(error));
        let value = Some(&[0, 0, 0, 0, 0, 4][..]);
        check(None, value, InvalidControlRecord::TooShort { part: "key", have: 0, need: 4 });
        check(
            Some(&[0xff, 0xff, 0, 0]),
            value,
            InvalidControlRecord::NegativeVersion { part: "key", version: -1 },
        );
        check(Some(&[0, 0, 0, 2]), value, InvalidControlRecord::NotAMarker(2));
        check(
            Some(&[0; 4]),
            Some(&[0; 5]),
            InvalidControlRecord::TooShort { part: "value", have: 5, need: 6 },
        );
        let later = record(Some(&[0, 9, 0, 0]), Some(&[0, 9, 0, 0, 0, 4, 1, 2]));
        let marker = EndTxnMarker { result: TransactionResult::Abort, coordinator_epoch: 4 };
        assert_eq!(EndTxnMarker::of(&later), Ok(marker));
    }
}
