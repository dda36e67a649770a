//! User data of a subscription within the classic protocol of Kafka Streams.

use bytes::Bytes;

use crate::{KafkaString, Message, Struct, Uuid};

/// User data a classic Kafka Streams member puts into its subscription.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "1-11", flexible = "none")]
pub struct SubscriptionInfoData {
    /// Layout version the sender chose.
    pub version: i32,
    /// Newest layout version the sender knows, -1 before v3.
    #[field(versions = "3+", default = -1)]
    pub latest_supported_version: i32,
    /// Id shared by the members of one process.
    pub process_id: Uuid,
    /// Tasks that were active on the member before.
    #[field(versions = "1-6")]
    pub prev_tasks: Vec<TaskId>,
    /// Tasks with state on the member's disk.
    #[field(versions = "1-6")]
    pub standby_tasks: Vec<TaskId>,
    /// Address for interactive queries as `host:port`, empty for none.
    #[field(versions = "2+")]
    pub user_end_point: Bytes,
    /// Changelog progress of tasks with local state.
    #[field(versions = "7+")]
    pub task_offset_sums: Vec<TaskOffsetSum>,
    /// Changing byte that makes a rejoin look like a new subscription.
    #[field(versions = "8+")]
    pub unique_field: i8,
    /// Code that asks the leader for a reaction, 0 for none.
    #[field(versions = "9+")]
    pub error_code: i32,
    /// Labels that rack-aware assignment works with.
    #[field(versions = "11+")]
    pub client_tags: Vec<ClientTag>,
}

/// Task by subtopology and partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TaskId {
    /// Number of the subtopology.
    pub topic_group_id: i32,
    /// Number of the partition the task works on.
    pub partition: i32,
}

/// Changelog progress of one task, or of a subtopology before v10.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TaskOffsetSum {
    /// Number of the subtopology.
    pub topic_group_id: i32,
    /// Number of the partition the task works on.
    #[field(versions = "10+")]
    pub partition: i32,
    /// Changelog offsets added up; -2 when active, -3 when unknown.
    #[field(versions = "10+")]
    pub offset_sum: i64,
    /// Topology the task is part of, null for the unnamed one.
    #[field(versions = "10+", nullable = "10+")]
    pub named_topology: Option<KafkaString>,
    /// Progress by partition, in v7 to v9.
    #[field(versions = "7-9")]
    pub partition_to_offset_sum: Vec<PartitionToOffsetSum>,
}

/// Changelog progress of one partition's task.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionToOffsetSum {
    /// Number of the partition the task works on.
    pub partition: i32,
    /// Changelog offsets added up; -2 when active, -3 when unknown.
    pub offset_sum: i64,
}

/// One label of the member.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ClientTag {
    /// Label name as UTF-8 bytes.
    pub key: Bytes,
    /// Label value as UTF-8 bytes.
    pub value: Bytes,
}
