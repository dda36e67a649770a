//! StreamsGroupTopology, type 23 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Key of a streams group's topology (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 23, valid = "0", flexible = "none")]
pub struct StreamsGroupTopologyKey {
    /// Streams group the topology is of.
    pub group_id: KafkaString,
}

/// Topology a streams group runs, as its members sent it (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 23, valid = "0", flexible = "0+")]
pub struct StreamsGroupTopologyValue {
    /// Version of the topology.
    pub epoch: i32,
    /// Connected parts the topology falls into.
    pub subtopologies: Vec<Subtopology>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One connected part of the topology, with its topics.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Subtopology {
    /// Id derived from the topology, the same on every member.
    pub subtopology_id: KafkaString,
    /// Names of the user topics the subtopology consumes.
    pub source_topics: Vec<KafkaString>,
    /// Patterns selecting further topics the subtopology consumes.
    pub source_topic_regex: Vec<KafkaString>,
    /// Changelog topics that back its state stores, made by the broker.
    pub state_changelog_topics: Vec<TopicInfo>,
    /// Names of repartition topics the subtopology produces to.
    pub repartition_sink_topics: Vec<KafkaString>,
    /// Repartition topics it consumes, made by the broker.
    pub repartition_source_topics: Vec<TopicInfo>,
    /// Sets of its source topics that need equal partition counts.
    pub copartition_groups: Vec<CopartitionGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Internal topic of a subtopology, with the settings it needs.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicInfo {
    /// Name of the internal topic.
    pub name: KafkaString,
    /// Partition count; 0 leaves it open, as changelogs always do.
    pub partitions: i32,
    /// Replicas wanted for each partition, 0 for the broker default.
    pub replication_factor: i16,
    /// Topic config overrides to create the topic with.
    pub topic_configs: Vec<TopicConfig>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One topic config override.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicConfig {
    /// Name of the topic config.
    pub key: KafkaString,
    /// Setting of the topic config.
    pub value: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Source topics that need equal partition counts, by list position.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CopartitionGroup {
    /// Positions in the subtopology's `source_topics` list.
    pub source_topics: Vec<i16>,
    /// Positions in the subtopology's `source_topic_regex` list.
    pub source_topic_regex: Vec<i16>,
    /// Positions in the subtopology's `repartition_source_topics` list.
    pub repartition_source_topics: Vec<i16>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
