//! Produce, API key 0.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by producers to append record batches to partitions that the broker leads. Topics are named by id
/// from version 13 on (KIP-516), and version 12 marks a client that adds partitions to transactions
/// implicitly (KIP-890).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 0, valid = "3-13", flexible = "9+")]
pub struct ProduceRequest {
    /// Transactional id the batches belong to; null outside transactions.
    #[field(nullable = "3+", default = null)]
    pub transactional_id: Option<KafkaString>,
    /// -1 for all in-sync replicas, 1 for the leader alone, 0 for no answer.
    pub acks: i16,
    /// Milliseconds the broker waits for replicas before it answers.
    pub timeout_ms: i32,
    /// Batches to append, grouped by topic.
    pub topic_data: Vec<TopicProduceData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic and the batches for its partitions.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicProduceData {
    /// Topic name; replaced by `topic_id` from version 13.
    #[field(versions = "0-12", ignorable, key)]
    pub name: KafkaString,
    /// Topic id; stands in for `name` from version 13.
    #[field(versions = "13+", ignorable, key)]
    pub topic_id: Uuid,
    /// Batches of this topic, one entry per partition.
    pub partition_data: Vec<PartitionProduceData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The batch for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionProduceData {
    /// Partition number within the topic.
    pub index: i32,
    /// Exactly one version 2 record batch.
    #[field(nullable = "0+", default = null, records)]
    pub records: Option<Bytes>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The broker's answer to a `ProduceRequest`. It is not sent at all when the producer asked for no
/// acknowledgement.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 0, valid = "3-13", flexible = "9+")]
pub struct ProduceResponse {
    /// Outcome of the appends, grouped by topic.
    pub responses: Vec<TopicProduceResponse>,
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Addresses of the leaders named in `current_leader` (KIP-951).
    #[field(versions = "10+", tag = 0)]
    pub node_endpoints: Vec<NodeEndpoint>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome of the appends to one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicProduceResponse {
    /// Topic name; replaced by `topic_id` from version 13.
    #[field(versions = "0-12", ignorable, key)]
    pub name: KafkaString,
    /// Topic id; stands in for `name` from version 13.
    #[field(versions = "13+", ignorable, key)]
    pub topic_id: Uuid,
    /// Outcome for each partition of this topic.
    pub partition_responses: Vec<PartitionProduceResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome of the append to one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionProduceResponse {
    /// Partition number within the topic.
    pub index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Offset given to the first record of the batch.
    pub base_offset: i64,
    /// Broker time stamped on the records; -1 unless the topic uses log-append time.
    #[field(default = -1)]
    pub log_append_time_ms: i64,
    /// First offset the partition still holds; -1 if not known.
    #[field(versions = "5+", default = -1, ignorable)]
    pub log_start_offset: i64,
    /// Records that made the broker refuse the whole batch.
    #[field(versions = "8+", ignorable)]
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    /// Summary of why the batch was refused; null when it was accepted.
    #[field(versions = "8+", nullable = "8+", default = null, ignorable)]
    pub error_message: Option<KafkaString>,
    /// Hint at the real leader after a leadership error (KIP-951).
    #[field(versions = "10+", tag = 0)]
    pub current_leader: LeaderIdAndEpoch,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A record that made its batch invalid.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct BatchIndexAndErrorMessage {
    /// Position of the offending record in its batch, from 0.
    pub batch_index: i32,
    /// What is wrong with this record; may be null.
    #[field(nullable = "8+", default = null)]
    pub batch_index_error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The leader of a partition as the broker knows it.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct LeaderIdAndEpoch {
    /// Broker id of the leader; -1 when unknown.
    #[field(default = -1)]
    pub leader_id: i32,
    /// Epoch of that leader; -1 when unknown.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Where to reach a broker named in this response.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct NodeEndpoint {
    /// Broker id that `current_leader` refers to.
    #[field(key)]
    pub node_id: i32,
    /// Host name or IP address to connect to.
    pub host: KafkaString,
    /// TCP port of that endpoint.
    pub port: i32,
    /// Rack of the broker; null if none is configured.
    #[field(nullable = "10+", default = null)]
    pub rack: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
