//! ShareGroupStatePartitionMetadata, type 15 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Key of the record of which share-partitions have state (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 15, valid = "0", flexible = "none")]
pub struct ShareGroupStatePartitionMetadataKey {
    /// Share group the record is about.
    pub group_id: KafkaString,
}

/// Which share-partitions the share coordinator holds state for (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 15, valid = "0", flexible = "0+")]
pub struct ShareGroupStatePartitionMetadataValue {
    /// Partitions whose set-up was asked for but not confirmed.
    pub initializing_topics: Vec<TopicPartitionsInfo>,
    /// Partitions whose state is set up.
    pub initialized_topics: Vec<TopicPartitionsInfo>,
    /// Topics whose state is on its way out.
    pub deleting_topics: Vec<TopicInfo>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartitionsInfo {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Name of the topic.
    pub topic_name: KafkaString,
    /// Numbers of the topic's partitions.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Topic by id and name.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicInfo {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Name of the topic.
    pub topic_name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
