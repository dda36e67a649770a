//! DescribeTopicPartitions, API key 75.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks for topics page by page, including their eligible leader replicas (KIP-966).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 75, valid = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsRequest {
    /// Topics wanted; empty for all the caller may see.
    pub topics: Vec<TopicRequest>,
    /// Most partitions one answer may hold; the broker may allow fewer.
    #[field(default = 2000)]
    pub response_partition_limit: i32,
    /// Where to go on from an earlier page; null to start.
    #[field(nullable = "0+", default = null)]
    pub cursor: Option<RequestCursor>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic asked for.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicRequest {
    /// Name of the topic wanted.
    pub name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Place to resume at.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestCursor {
    /// Topic to resume at; earlier names are skipped.
    pub topic_name: KafkaString,
    /// First partition wanted of that topic.
    pub partition_index: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One page of topics and their partitions (KIP-966).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 75, valid = "0", flexible = "0+")]
pub struct DescribeTopicPartitionsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Topics of this page, sorted by name.
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    /// Place the next page starts at; null on the last page.
    #[field(nullable = "0+", default = null)]
    pub next_cursor: Option<ResponseCursor>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic, or the part of it that fits the page.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeTopicPartitionsResponseTopic {
    /// Outcome for this topic, 0 on success.
    pub error_code: i16,
    /// Name of the topic, null when unknown.
    #[field(nullable = "0+", key)]
    pub name: Option<KafkaString>,
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Whether Kafka itself owns the topic, as with `__consumer_offsets`.
    pub is_internal: bool,
    /// Partitions of the topic in this page.
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    /// Bit set of operations the caller may perform on the topic.
    #[field(default = -0x8000_0000)]
    pub topic_authorized_operations: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Leader and replicas of one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeTopicPartitionsResponsePartition {
    /// Outcome for this partition, 0 on success.
    pub error_code: i16,
    /// Number of the partition within its topic.
    pub partition_index: i32,
    /// Broker id of the leader, -1 when there is none.
    pub leader_id: i32,
    /// Count of leader changes, -1 when unknown.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Broker ids of all replicas, preferred leader first.
    pub replica_nodes: Vec<i32>,
    /// Broker ids of the replicas caught up with the leader.
    pub isr_nodes: Vec<i32>,
    /// Replicas outside the ISR that may still lead; null when unavailable.
    #[field(nullable = "0+", default = null)]
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// Last leader remembered once ISR and ELR ran empty; null when unavailable.
    #[field(nullable = "0+", default = null)]
    pub last_known_elr: Option<Vec<i32>>,
    /// Replicas whose broker or log directory is down.
    pub offline_replicas: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Place the next page starts at.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseCursor {
    /// Topic the next page starts with.
    pub topic_name: KafkaString,
    /// First partition of that topic not yet returned.
    pub partition_index: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
