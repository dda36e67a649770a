//! Fetch, API key 1.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by consumers to read records, by follower replicas to copy a partition, and by KRaft nodes to
/// replicate the metadata log. Sessions (KIP-227) let a request carry only what changed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 1, valid = "4-18", flexible = "12+")]
pub struct FetchRequest {
    /// Cluster id the KRaft sender expects; null skips the check.
    #[field(versions = "12+", nullable = "12+", tag = 0, default = null, ignorable)]
    pub cluster_id: Option<KafkaString>,
    /// Broker id of a follower, -1 for a consumer; replaced by `replica_state`.
    #[field(versions = "0-14", default = -1)]
    pub replica_id: i32,
    /// Who fetches, with broker epoch, from version 15 on (KIP-903).
    #[field(versions = "15+", tag = 1)]
    pub replica_state: ReplicaState,
    /// Longest time in milliseconds the broker holds back a short answer.
    pub max_wait_ms: i32,
    /// Bytes that must be ready before the broker answers early.
    pub min_bytes: i32,
    /// Soft limit in bytes for the response; the first batch may exceed it.
    #[field(default = 0x7fff_ffff)]
    pub max_bytes: i32,
    /// 0 reads uncommitted, 1 reads committed up to the last stable offset.
    pub isolation_level: i8,
    /// Fetch session to continue; 0 for a new one or none.
    #[field(versions = "7+", ignorable)]
    pub session_id: i32,
    /// Sequence number inside the session; 0 opens one, -1 closes or avoids it.
    #[field(versions = "7+", default = -1, ignorable)]
    pub session_epoch: i32,
    /// What to read; in a session only new or changed partitions.
    pub topics: Vec<FetchTopic>,
    /// Partitions to drop from the fetch session.
    #[field(versions = "7+")]
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// Rack of the consumer, for choosing a nearby replica; empty if unset.
    #[field(versions = "11+", ignorable)]
    pub rack_id: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Identity of the fetching replica.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ReplicaState {
    /// Node id of the follower; -1 for a consumer.
    #[field(default = -1)]
    pub replica_id: i32,
    /// Broker epoch of the follower; -1 when it has none.
    #[field(default = -1)]
    pub replica_epoch: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic to read from.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct FetchTopic {
    /// Topic name; replaced by `topic_id` from version 13.
    #[field(versions = "0-12", ignorable)]
    pub topic: KafkaString,
    /// Topic id; stands in for `topic` from version 13.
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    /// Partitions to read, with their positions.
    pub partitions: Vec<FetchPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One partition and the position to read from.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct FetchPartition {
    /// Partition number within the topic.
    pub partition: i32,
    /// Leader epoch the sender believes in, for fencing; -1 skips the check.
    #[field(versions = "9+", default = -1, ignorable)]
    pub current_leader_epoch: i32,
    /// First offset the sender wants to read.
    pub fetch_offset: i64,
    /// Leader epoch of the sender's last record; -1 disables divergence detection.
    #[field(versions = "12+", default = -1)]
    pub last_fetched_epoch: i32,
    /// Log start of the fetching follower; -1 from consumers.
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    /// Soft limit in bytes for this partition.
    pub partition_max_bytes: i32,
    /// Log directory id of the KRaft replica that fetches (KIP-853).
    #[field(versions = "17+", tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
    /// High watermark the replica knows; -1 none yet, maximum if unsupported (KIP-1166).
    #[field(versions = "18+", tag = 1, default = 0x7fff_ffff_ffff_ffff, ignorable)]
    pub high_watermark: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic that leave the session.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ForgottenTopic {
    /// Topic name; replaced by `topic_id` from version 13.
    #[field(versions = "7-12", ignorable)]
    pub topic: KafkaString,
    /// Topic id; stands in for `topic` from version 13.
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    /// Partition numbers that leave the session.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The answer to a `FetchRequest`: record batches, or the reason there are none, for each partition. Within a
/// session, partitions without news are left out.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 1, valid = "4-18", flexible = "12+")]
pub struct FetchResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Error of the request or session as a whole; 0 for none.
    #[field(versions = "7+", ignorable)]
    pub error_code: i16,
    /// Session to use next time; 0 if there is none.
    #[field(versions = "7+")]
    pub session_id: i32,
    /// Fetched data, grouped by topic.
    pub responses: Vec<FetchableTopicResponse>,
    /// Addresses of the leaders named in `current_leader` (KIP-951).
    #[field(versions = "16+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Fetched data of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct FetchableTopicResponse {
    /// Topic name; replaced by `topic_id` from version 13.
    #[field(versions = "0-12", ignorable)]
    pub topic: KafkaString,
    /// Topic id; stands in for `topic` from version 13.
    #[field(versions = "13+", ignorable)]
    pub topic_id: Uuid,
    /// Fetched data of each partition.
    pub partitions: Vec<PartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Fetched data of one partition, with its offsets.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0, or why this partition gave no records.
    pub error_code: i16,
    /// End of the replicated log; -1 when there was an error.
    pub high_watermark: i64,
    /// Offset below which every transaction has ended; -1 if not known.
    #[field(default = -1)]
    pub last_stable_offset: i64,
    /// First offset the log still holds; -1 if not known.
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    /// Where the follower's log parts from the leader's; present only then.
    #[field(versions = "12+", tag = 0)]
    pub diverging_epoch: EpochEndOffset,
    /// The real leader, given after a leadership error or to KRaft nodes.
    #[field(versions = "12+", tag = 1)]
    pub current_leader: LeaderIdAndEpoch,
    /// Snapshot a KRaft node must fetch instead, having fallen behind the log.
    #[field(versions = "12+", tag = 2)]
    pub snapshot_id: SnapshotId,
    /// Aborted transactions within the data; null unless reading committed.
    #[field(nullable = "4+")]
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// Broker id to read from instead; -1 to stay (KIP-392).
    #[field(versions = "11+", default = -1)]
    pub preferred_read_replica: i32,
    /// Record batches, the last one possibly cut short; null or empty for none.
    #[field(nullable = "0+", default = null, records)]
    pub records: Option<Bytes>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Last point the two logs may have in common.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct EpochEndOffset {
    /// Greatest leader epoch the leader shares; -1 if unset.
    #[field(default = -1)]
    pub epoch: i32,
    /// Offset after the last record of that epoch; -1 if unset.
    #[field(default = -1)]
    pub end_offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The leader of a partition as the broker knows it.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct LeaderIdAndEpoch {
    /// Node id of the leader; -1 when unknown.
    #[field(default = -1)]
    pub leader_id: i32,
    /// Epoch of that leader; -1 when unknown.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Names a metadata snapshot.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct SnapshotId {
    /// Offset after the last record in the snapshot; -1 if unset.
    #[field(default = -1)]
    pub end_offset: i64,
    /// Epoch of the last record in the snapshot; -1 if unset.
    #[field(default = -1)]
    pub epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// An aborted transaction whose records the consumer must drop.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AbortedTransaction {
    /// Producer whose records are to be dropped.
    pub producer_id: i64,
    /// Offset where the aborted transaction begins.
    pub first_offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Where to reach a broker named in this response.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct NodeEndpoint {
    /// Node id that `current_leader` refers to.
    #[field(key)]
    pub node_id: i32,
    /// Host name or IP address to connect to.
    pub host: KafkaString,
    /// TCP port of that endpoint.
    pub port: i32,
    /// Rack of the broker; null if none is configured.
    #[field(nullable = "16+", default = null)]
    pub rack: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
