//! LegacyOffsetCommit, type 0 of the records of `__consumer_offsets`.

use crate::{KafkaString, Message};

/// Oldest key form of a committed offset in `__consumer_offsets`; read only.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 0, valid = "0", flexible = "none")]
pub struct LegacyOffsetCommitKey {
    /// Group that committed.
    pub group: KafkaString,
    /// Topic committed for.
    pub topic: KafkaString,
    /// Partition number committed for.
    pub partition: i32,
}

/// Committed offset under the oldest key form; read only.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 0, valid = "0", flexible = "none")]
pub struct LegacyOffsetCommitValue {
    /// Next offset the group will read.
    pub offset: i64,
    /// Free text stored with the commit.
    pub metadata: KafkaString,
    /// Unix milliseconds when the commit was made.
    pub commit_timestamp: i64,
}
