//! FetchSnapshot, API key 59.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a KRaft replica to download a metadata snapshot in pieces (KIP-630).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 59, valid = "0-1", flexible = "0+")]
pub struct FetchSnapshotRequest {
    /// Cluster id of the sender; null skips the check.
    #[field(nullable = "0+", tag = 0, default = null)]
    pub cluster_id: Option<KafkaString>,
    /// Node id of the fetching replica.
    #[field(default = -1)]
    pub replica_id: i32,
    /// Most snapshot bytes to send in one response.
    #[field(default = 0x7fff_ffff)]
    pub max_bytes: i32,
    /// Always the metadata topic alone.
    pub topics: Vec<RequestTopicSnapshot>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The metadata topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestTopicSnapshot {
    /// Topic name, always `__cluster_metadata`.
    pub name: KafkaString,
    /// Always partition 0 alone.
    pub partitions: Vec<RequestPartitionSnapshot>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The snapshot piece that is wanted.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestPartitionSnapshot {
    /// Partition number, always 0.
    pub partition: i32,
    /// Leader epoch the sender believes in, for fencing.
    pub current_leader_epoch: i32,
    /// Snapshot to fetch, as named by `FetchResponse`.
    pub snapshot_id: RequestSnapshotId,
    /// Byte position where the piece begins.
    pub position: i64,
    /// Directory id of the fetching replica (KIP-853).
    #[field(versions = "1+", tag = 0, ignorable)]
    pub replica_directory_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Names a metadata snapshot.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestSnapshotId {
    /// Offset after the last record in the snapshot.
    pub end_offset: i64,
    /// Epoch of the last record in the snapshot.
    pub epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One piece of a metadata snapshot.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 59, valid = "0-1", flexible = "0+")]
pub struct FetchSnapshotResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Error of the request as a whole; 0 for none.
    pub error_code: i16,
    /// Always the metadata topic alone.
    pub topics: Vec<ResponseTopicSnapshot>,
    /// Address of the leader named here, from version 1.
    #[field(versions = "1+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The metadata topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseTopicSnapshot {
    /// Topic name, always `__cluster_metadata`.
    pub name: KafkaString,
    /// Always partition 0 alone.
    pub partitions: Vec<ResponsePartitionSnapshot>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The piece that was read.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponsePartitionSnapshot {
    /// Partition number, always 0.
    pub index: i32,
    /// 0, or a code such as `SNAPSHOT_NOT_FOUND`.
    pub error_code: i16,
    /// Snapshot the piece belongs to.
    pub snapshot_id: ResponseSnapshotId,
    /// Leader and epoch as the answering node knows them.
    #[field(tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
    /// Bytes in the whole snapshot.
    pub size: i64,
    /// Byte position where this piece begins.
    pub position: i64,
    /// Snapshot bytes; may begin and end inside a batch.
    #[field(records)]
    pub unaligned_records: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Names a metadata snapshot.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseSnapshotId {
    /// Offset after the last record in the snapshot.
    pub end_offset: i64,
    /// Epoch of the last record in the snapshot.
    pub epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The leader of the metadata quorum.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct LeaderIdAndEpoch {
    /// Node id of the leader; -1 when there is none.
    pub leader_id: i32,
    /// Epoch of that leader.
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Where to reach the leader.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct NodeEndpoint {
    /// Node id that `current_leader` refers to.
    #[field(key)]
    pub node_id: i32,
    /// Host name or IP address to connect to.
    pub host: KafkaString,
    /// TCP port of that endpoint.
    pub port: u16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
