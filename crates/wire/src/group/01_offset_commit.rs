//! OffsetCommit, type 1 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Uuid};

/// Key of a committed offset in `__consumer_offsets`.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 1, valid = "0", flexible = "none")]
pub struct OffsetCommitKey {
    /// Group that committed.
    pub group: KafkaString,
    /// Topic committed for.
    pub topic: KafkaString,
    /// Partition number committed for.
    pub partition: i32,
}

/// Committed offset of a group for one partition; a tombstone deletes it.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 1, valid = "0-4", flexible = "4+")]
pub struct OffsetCommitValue {
    /// Next offset the group will read.
    pub offset: i64,
    /// Epoch of the last record consumed, -1 when unknown.
    #[field(versions = "3+", default = -1, ignorable)]
    pub leader_epoch: i32,
    /// Free text stored with the commit.
    pub metadata: KafkaString,
    /// Unix milliseconds when the commit was made.
    pub commit_timestamp: i64,
    /// Unix milliseconds when the offset lapses, -1 for the broker's retention.
    #[field(versions = "1", default = -1, ignorable)]
    pub expire_timestamp: i64,
    /// Id of the topic committed for, zeros when unknown.
    #[field(versions = "4+", tag = 0, ignorable)]
    pub topic_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
