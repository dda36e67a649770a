//! StreamsGroupDescribe, API key 89.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the coordinator for details of streams groups (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 89, valid = "0", flexible = "0+")]
pub struct StreamsGroupDescribeRequest {
    /// Streams groups to describe.
    pub group_ids: Vec<KafkaString>,
    /// Whether to work out what the caller may do with each group.
    pub include_authorized_operations: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Details of each streams group asked for (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 89, valid = "0", flexible = "0+")]
pub struct StreamsGroupDescribeResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// One entry for each group asked for.
    pub groups: Vec<DescribedGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State, topology and members of one streams group, or the error met.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribedGroup {
    /// Outcome for this group, 0 on success.
    pub error_code: i16,
    /// Text explaining the group's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Group the entry answers for.
    pub group_id: KafkaString,
    /// State by name, such as `NotReady` or `Stable`; empty on error.
    pub group_state: KafkaString,
    /// Epoch that grows with every change calling for a new assignment.
    pub group_epoch: i32,
    /// Group epoch the target assignment was computed for.
    pub assignment_epoch: i32,
    /// Topology the group runs; null on error.
    #[field(nullable = "0+", default = null)]
    pub topology: Option<Topology>,
    /// Current members of the group.
    pub members: Vec<Member>,
    /// Bit set of permitted operations; the default means not asked for.
    #[field(default = -0x8000_0000)]
    pub authorized_operations: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Topology with patterns resolved and partition counts filled in.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Topology {
    /// Version of the topology the group runs.
    pub epoch: i32,
    /// Parts of the topology; null while its topics are not in order.
    #[field(nullable = "0+", default = null)]
    pub subtopologies: Option<Vec<Subtopology>>,
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
    /// Names of repartition topics the subtopology produces to.
    pub repartition_sink_topics: Vec<KafkaString>,
    /// Changelog topics that back its state stores, made by the broker.
    pub state_changelog_topics: Vec<TopicInfo>,
    /// Repartition topics it consumes, made by the broker.
    pub repartition_source_topics: Vec<TopicInfo>,
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

/// One member of the streams group.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Member {
    /// Id the member goes by.
    pub member_id: KafkaString,
    /// Epoch the member has reached.
    pub member_epoch: i32,
    /// Static membership id, null for a dynamic member.
    #[field(nullable = "0+", default = null)]
    pub instance_id: Option<KafkaString>,
    /// Rack the member reported, null when none.
    #[field(nullable = "0+", default = null)]
    pub rack_id: Option<KafkaString>,
    /// `client.id` the member connected with.
    pub client_id: KafkaString,
    /// Address the member connected from.
    pub client_host: KafkaString,
    /// Version of the topology this member runs.
    pub topology_epoch: i32,
    /// Id shared by the members of one process.
    pub process_id: KafkaString,
    /// Address for interactive queries, null when none is set.
    #[field(nullable = "0+", default = null)]
    pub user_endpoint: Option<Endpoint>,
    /// Labels that rack-aware assignment works with.
    pub client_tags: Vec<KeyValue>,
    /// Changelog positions the member last reported.
    pub task_offsets: Vec<TaskOffset>,
    /// Changelog end positions the member last reported.
    pub task_end_offsets: Vec<TaskOffset>,
    /// Tasks the member runs now.
    pub assignment: Assignment,
    /// Tasks the member is being moved to.
    pub target_assignment: Assignment,
    /// Whether the member still speaks the classic protocol.
    pub is_classic: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Address the member answers interactive queries at.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Endpoint {
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

/// Set of tasks, by kind.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Assignment {
    /// Tasks that process records.
    pub active_tasks: Vec<TaskIds>,
    /// Tasks that keep a copy of state.
    pub standby_tasks: Vec<TaskIds>,
    /// Tasks that restore state before a move.
    pub warmup_tasks: Vec<TaskIds>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tasks of one subtopology.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TaskIds {
    /// Subtopology the tasks run.
    pub subtopology_id: KafkaString,
    /// Partition numbers, one task for each.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
