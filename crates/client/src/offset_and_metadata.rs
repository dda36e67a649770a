//! An offset that a group commits.

use ottla_record::{LeaderEpoch, Offset};
use ottla_wire::KafkaString;

/// An offset to commit, or a committed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetAndMetadata {
    /// The offset of the next record to read.
    pub offset: Offset,
    /// The leader epoch of the record before, if known.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Whatever the one who committed wanted to remember.
    pub metadata: KafkaString,
}

impl OffsetAndMetadata {
    /// An offset without anything else.
    pub const fn new(offset: Offset) -> Self {
        Self { offset, leader_epoch: None, metadata: KafkaString::EMPTY }
    }

    /// As an answer has it: nothing is committed below 0, an epoch below 0 is not known.
    pub(crate) fn from_wire(offset: i64, leader_epoch: i32, metadata: Option<&KafkaString>) -> Option<Self> {
        (offset >= 0).then(|| Self {
            offset: Offset(offset),
            leader_epoch: Some(LeaderEpoch(leader_epoch)).filter(|epoch| epoch.is_some()),
            metadata: metadata.map_or(KafkaString::EMPTY, KafkaString::detach),
        })
    }

    /// The epoch as a request has it.
    pub(crate) fn leader_epoch_number(&self) -> i32 {
        self.leader_epoch.unwrap_or(LeaderEpoch::NONE).0
    }
}
