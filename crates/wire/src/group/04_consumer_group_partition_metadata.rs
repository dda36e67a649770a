//! ConsumerGroupPartitionMetadata, type 4 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Key of a consumer group's topic metadata; tombstoned since 4.1 (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 4, valid = "0", flexible = "none")]
pub struct ConsumerGroupPartitionMetadataKey {
    /// Consumer group the topic metadata is of.
    pub group_id: KafkaString,
}

/// Topics a consumer group subscribed to as last seen; a hash replaced it in 4.1.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 4, valid = "0", flexible = "0+")]
pub struct ConsumerGroupPartitionMetadataValue {
    /// Subscribed topics as last seen.
    pub topics: Vec<TopicMetadata>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One subscribed topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicMetadata {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Name of the topic.
    pub topic_name: KafkaString,
    /// Partition count of the topic when last seen.
    pub num_partitions: i32,
    /// Racks by partition; no longer filled after 4.0.
    pub partition_metadata: Vec<PartitionMetadata>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Racks of one partition's replicas.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionMetadata {
    /// Number of the partition within its topic.
    pub partition: i32,
    /// Racks that hold a replica of the partition.
    pub racks: Vec<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
