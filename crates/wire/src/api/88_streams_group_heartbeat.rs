//! StreamsGroupHeartbeat, API key 88.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by a Kafka Streams client to join, stay in or leave its streams group (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 88, valid = "0", flexible = "0+")]
pub struct StreamsGroupHeartbeatRequest {
    /// Streams group, named after the `application.id`.
    pub group_id: KafkaString,
    /// Id the client made up for itself, kept for its lifetime.
    pub member_id: KafkaString,
    /// Epoch last received; 0 joins, -1 leaves, -2 leaves for a static rejoin.
    pub member_epoch: i32,
    /// Epoch of the endpoint list the client last received.
    pub endpoint_information_epoch: i32,
    /// Static membership id; null when unset or unchanged.
    #[field(nullable = "0+", default = null)]
    pub instance_id: Option<KafkaString>,
    /// Rack the client runs in; null when unset or unchanged.
    #[field(nullable = "0+", default = null)]
    pub rack_id: Option<KafkaString>,
    /// Milliseconds allowed for giving up tasks; -1 when unchanged.
    #[field(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// Topology the client runs, sent on joining; null afterwards.
    #[field(nullable = "0+", default = null)]
    pub topology: Option<Topology>,
    /// Active tasks the client holds; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub active_tasks: Option<Vec<RequestTaskIds>>,
    /// Standby tasks the client holds; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub standby_tasks: Option<Vec<RequestTaskIds>>,
    /// Warm-up tasks the client holds; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub warmup_tasks: Option<Vec<RequestTaskIds>>,
    /// Id shared by the members of one process; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub process_id: Option<KafkaString>,
    /// Address for interactive queries; null when unset or unchanged.
    #[field(nullable = "0+", default = null)]
    pub user_endpoint: Option<RequestEndpoint>,
    /// Labels that rack-aware assignment works with; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub client_tags: Option<Vec<KeyValue>>,
    /// Changelog positions reached by tasks; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub task_offsets: Option<Vec<TaskOffset>>,
    /// Changelog end positions of tasks; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub task_end_offsets: Option<Vec<TaskOffset>>,
    /// Whether the client asks every member of the group to stop.
    pub shutdown_application: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Topology as the client computed it.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Topology {
    /// Version of the topology, raised when the application changes.
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
    pub topic_configs: Vec<KeyValue>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Name and value of a client tag or topic config.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct KeyValue {
    /// Tag or config name.
    pub key: KafkaString,
    /// Tag or config value.
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

/// Tasks of one subtopology.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestTaskIds {
    /// Subtopology the tasks run.
    pub subtopology_id: KafkaString,
    /// Partition numbers, one task for each.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Address the client answers interactive queries at.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestEndpoint {
    /// Host name to connect to.
    pub host: KafkaString,
    /// TCP port to connect to.
    pub port: u16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// How far the changelogs of one task reach.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TaskOffset {
    /// Subtopology of the task measured.
    pub subtopology_id: KafkaString,
    /// Partition number of the task measured.
    pub partition: i32,
    /// Changelog offsets of the task, added up.
    pub offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Coordinator's answer with the member's epoch, group status and, on change, its tasks (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 88, valid = "0", flexible = "0+")]
pub struct StreamsGroupHeartbeatResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Id the member goes by, echoed from the request.
    pub member_id: KafkaString,
    /// Epoch to send in the next heartbeat.
    pub member_epoch: i32,
    /// Milliseconds to wait before the next heartbeat.
    pub heartbeat_interval_ms: i32,
    /// Changelog lag at which a warm-up task counts as ready.
    pub acceptable_recovery_lag: i32,
    /// Milliseconds to leave between two reports of task offsets.
    pub task_offset_interval_ms: i32,
    /// Conditions that keep the group from running well; null for none.
    #[field(nullable = "0+")]
    pub status: Option<Vec<Status>>,
    /// Active tasks the member should run; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub active_tasks: Option<Vec<ResponseTaskIds>>,
    /// Standby tasks the member should run; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub standby_tasks: Option<Vec<ResponseTaskIds>>,
    /// Warm-up tasks the member should run; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub warmup_tasks: Option<Vec<ResponseTaskIds>>,
    /// Epoch of the endpoint list, to be echoed by the member.
    pub endpoint_information_epoch: i32,
    /// Partitions served by each member's endpoint; null when unchanged.
    #[field(nullable = "0+", default = null)]
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One condition the group is in.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Status {
    /// 0 stale topology, 1 missing sources, 2 partition mismatch, 3 missing internals, 4 shutdown, 5 delayed.
    pub status_code: i8,
    /// Explanation of the condition for people to read.
    pub status_detail: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tasks of one subtopology.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseTaskIds {
    /// Subtopology the tasks run.
    pub subtopology_id: KafkaString,
    /// Partition numbers, one task for each.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions one member can answer queries for.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct EndpointToPartitions {
    /// Address of the member for interactive queries.
    pub user_endpoint: ResponseEndpoint,
    /// Input partitions of the member's active tasks.
    pub active_partitions: Vec<TopicPartition>,
    /// Input partitions of the member's standby tasks.
    pub standby_partitions: Vec<TopicPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Address a member answers interactive queries at.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseEndpoint {
    /// Host name to connect to.
    pub host: KafkaString,
    /// TCP port to connect to.
    pub port: u16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one input topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartition {
    /// Name of the input topic.
    pub topic: KafkaString,
    /// Numbers of the topic's partitions.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
