//! Metadata, API key 3.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by clients to learn the brokers, topics and partition leaders; may also create missing topics
/// (KIP-4).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 3, valid = "0-13", flexible = "9+")]
pub struct MetadataRequest {
    /// Topics wanted; null for all, empty for none (version 0: empty means all).
    #[field(nullable = "1+")]
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// Whether a missing topic may be created, if the broker is set to.
    #[field(versions = "4+", default = true)]
    pub allow_auto_topic_creation: bool,
    /// Whether to report what the client may do to the cluster.
    #[field(versions = "8-10")]
    pub include_cluster_authorized_operations: bool,
    /// Whether to report what the client may do to each topic.
    #[field(versions = "8+")]
    pub include_topic_authorized_operations: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic to look up, by name or id.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct MetadataRequestTopic {
    /// Id to look up; all zeros when looking up by name.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// Name to look up; null when looking up by id.
    #[field(nullable = "10+")]
    pub name: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The cluster as the broker sees it: live brokers and the leaders and replicas of the topics asked for.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 3, valid = "0-13", flexible = "9+")]
pub struct MetadataResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "3+", ignorable)]
    pub throttle_time_ms: i32,
    /// Brokers that are alive and reachable on this listener.
    pub brokers: Vec<MetadataResponseBroker>,
    /// Id of the cluster; null when not known.
    #[field(versions = "2+", nullable = "2+", default = null, ignorable)]
    pub cluster_id: Option<KafkaString>,
    /// Broker to send controller requests to; -1 if none is known.
    #[field(versions = "1+", default = -1, ignorable)]
    pub controller_id: i32,
    /// Topics that were asked for.
    pub topics: Vec<MetadataResponseTopic>,
    /// Bit set of allowed cluster operations; lowest int32 when not asked for.
    #[field(versions = "8-10", default = -0x8000_0000)]
    pub cluster_authorized_operations: i32,
    /// Error of the whole request, such as a demand to rebootstrap (KIP-1102).
    #[field(versions = "13+", ignorable)]
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A live broker and its address.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct MetadataResponseBroker {
    /// Node id of the broker.
    #[field(key)]
    pub node_id: i32,
    /// Host name or IP address to connect to.
    pub host: KafkaString,
    /// TCP port of that endpoint.
    pub port: i32,
    /// Rack of the broker; null if none is configured.
    #[field(versions = "1+", nullable = "1+", default = null, ignorable)]
    pub rack: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct MetadataResponseTopic {
    /// 0, or why the topic cannot be described.
    pub error_code: i16,
    /// Name of the topic; null for an unknown id.
    #[field(nullable = "12+", key)]
    pub name: Option<KafkaString>,
    /// Id of the topic; all zeros when unknown.
    #[field(versions = "10+", ignorable)]
    pub topic_id: Uuid,
    /// Whether the brokers keep this topic for their own use.
    #[field(versions = "1+", ignorable)]
    pub is_internal: bool,
    /// State of every partition of the topic.
    pub partitions: Vec<MetadataResponsePartition>,
    /// Bit set of allowed topic operations; lowest int32 when not asked for.
    #[field(versions = "8+", default = -0x8000_0000)]
    pub topic_authorized_operations: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct MetadataResponsePartition {
    /// 0, or what is wrong with the partition, such as a missing leader.
    pub error_code: i16,
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Broker that leads the partition; -1 for none.
    pub leader_id: i32,
    /// Epoch of the leader; -1 if not known.
    #[field(versions = "7+", default = -1, ignorable)]
    pub leader_epoch: i32,
    /// Brokers assigned to hold the partition, preferred leader first.
    pub replica_nodes: Vec<i32>,
    /// Brokers whose copy is in sync with the leader.
    pub isr_nodes: Vec<i32>,
    /// Assigned brokers whose copy is not available.
    #[field(versions = "5+", ignorable)]
    pub offline_replicas: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
