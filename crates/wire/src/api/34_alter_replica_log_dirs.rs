//! AlterReplicaLogDirs, API key 34.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Tells a broker to move its replicas to other log directories of its own (KIP-113).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 34, valid = "1-2", flexible = "2+")]
pub struct AlterReplicaLogDirsRequest {
    /// Target directories with the replicas to move there.
    pub dirs: Vec<AlterReplicaLogDir>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A target directory.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterReplicaLogDir {
    /// Absolute path as configured in `log.dirs`.
    #[field(key)]
    pub path: KafkaString,
    /// Replicas to move into the directory, by topic.
    pub topics: Vec<AlterReplicaLogDirTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Replicas of one topic to move.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterReplicaLogDirTopic {
    /// Topic name this entry is about.
    #[field(key)]
    pub name: KafkaString,
    /// Partition numbers to move.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which moves were accepted; copying goes on afterwards.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 34, valid = "1-2", flexible = "2+")]
pub struct AlterReplicaLogDirsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Results, grouped by topic.
    pub results: Vec<AlterReplicaLogDirTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterReplicaLogDirTopicResult {
    /// Topic name this entry is about.
    pub topic_name: KafkaString,
    /// Result for each partition.
    pub partitions: Vec<AlterReplicaLogDirPartitionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one replica.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterReplicaLogDirPartitionResult {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 if the move was accepted, else the reason.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
