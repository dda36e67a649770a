//! What a batch says besides its records.

use super::error::BuildError;
use crate::attributes::{Attributes, TimestampType};
use crate::compression::{Compression, UnknownCodec};
use crate::header::{BatchHeader, NO_PRODUCER_EPOCH, NO_SEQUENCE};
use crate::ids::{LeaderEpoch, Offset, ProducerId, Timestamp};

/// What a batch says besides its records. The default is what a plain producer sends: offset 0, no epoch,
/// uncompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSettings {
    /// Offset from which the records' offsets are counted.
    pub base_offset: Offset,
    /// Term of the leader, -1 when a client writes.
    pub partition_leader_epoch: LeaderEpoch,
    /// Codec and level.
    pub compression: Compression,
    /// The time all records get, if the leader gives it. Each keeps its own beneath, as in Kafka.
    pub log_append_time: Option<Timestamp>,
    /// Who produces, if idempotent.
    pub producer_id: ProducerId,
    /// The producer's epoch.
    pub producer_epoch: i16,
    /// Sequence of the first record.
    pub base_sequence: i32,
    /// Whether the batch belongs to a transaction.
    pub is_transactional: bool,
    /// Whether the records are control records.
    pub is_control: bool,
    /// When compaction may drop tombstones and markers. Takes the place of the base timestamp; the deltas are
    /// then relative to it.
    pub delete_horizon: Option<Timestamp>,
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self {
            base_offset: Offset(0),
            partition_leader_epoch: LeaderEpoch::NONE,
            compression: Compression::NONE,
            log_append_time: None,
            producer_id: ProducerId::NONE,
            producer_epoch: NO_PRODUCER_EPOCH,
            base_sequence: NO_SEQUENCE,
            is_transactional: false,
            is_control: false,
            delete_horizon: None,
        }
    }
}

impl BatchSettings {
    /// Those of a batch that takes the place of another: the same producer, flags, epoch, codec at its
    /// default level and append time.
    ///
    /// # Errors
    /// If the other's codec is unknown.
    pub fn like(header: &BatchHeader) -> Result<Self, UnknownCodec> {
        Ok(Self {
            base_offset: header.base_offset,
            partition_leader_epoch: header.partition_leader_epoch,
            compression: Compression::of(header.attributes.codec()?),
            log_append_time: header.log_append_time(),
            producer_id: header.producer_id,
            producer_epoch: header.producer_epoch,
            base_sequence: header.base_sequence,
            is_transactional: header.attributes.is_transactional(),
            is_control: header.attributes.is_control(),
            delete_horizon: header.delete_horizon(),
        })
    }

    pub(super) fn attributes(&self) -> Attributes {
        let timestamp_type = match self.log_append_time {
            None => TimestampType::CreateTime,
            Some(_) => TimestampType::LogAppendTime,
        };
        let mut attributes =
            Attributes::default().with_codec(self.compression.codec()).with_timestamp_type(timestamp_type);
        if self.is_transactional {
            attributes = attributes.transactional();
        }
        if self.is_control {
            attributes = attributes.control();
        }
        if self.delete_horizon.is_some() {
            attributes = attributes.with_delete_horizon();
        }
        attributes
    }

    pub(super) fn check_producer(&self) -> Result<(), BuildError> {
        if self.producer_id == ProducerId::NONE {
            return if self.is_transactional { Err(BuildError::TransactionWithoutProducer) } else { Ok(()) };
        }
        if self.producer_epoch == NO_PRODUCER_EPOCH {
            return Err(BuildError::NoProducerEpoch);
        }
        if self.base_sequence < 0 && !self.is_control {
            return Err(BuildError::NegativeSequence(self.base_sequence));
        }
        Ok(())
    }
}
