//! AlterPartition, API key 56.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Struct, Uuid};

/// Sent by partition leaders to the controller to change the in-sync replicas (KIP-497).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 56, valid = "2-3", flexible = "0+")]
pub struct AlterPartitionRequest {
    /// Broker that leads the partitions.
    pub broker_id: i32,
    /// Registration epoch of that broker; a stale one is refused.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// Partitions to change, grouped by topic.
    pub topics: Vec<RequestTopicData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestTopicData {
    /// Id of the topic; names are not used.
    pub topic_id: Uuid,
    /// Changes, one for each partition.
    pub partitions: Vec<RequestPartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The change to one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestPartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// Epoch in which the sender leads the partition.
    pub leader_epoch: i32,
    /// Brokers to be in sync, up to version 2.
    #[field(versions = "0-2")]
    pub new_isr: Vec<i32>,
    /// Brokers to be in sync, with their epochs, from version 3 (KIP-903).
    #[field(versions = "3+")]
    pub new_isr_with_epochs: Vec<BrokerState>,
    /// 1 while recovering after an unclean election, else 0.
    pub leader_recovery_state: i8,
    /// Partition epoch the change builds on; any other is refused.
    pub partition_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A broker that is to be in sync.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct BrokerState {
    /// Node id of the broker.
    pub broker_id: i32,
    /// Registration epoch seen in its fetches; -1 skips the check.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The controller's decision on each change, with the resulting partition state.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 56, valid = "2-3", flexible = "0+")]
pub struct AlterPartitionResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Error of the request as a whole; 0 for none.
    pub error_code: i16,
    /// Results, grouped by topic.
    pub topics: Vec<ResponseTopicData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseTopicData {
    /// Id of the topic; names are not used.
    pub topic_id: Uuid,
    /// Result for each partition.
    pub partitions: Vec<ResponsePartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State of one partition after the decision.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponsePartitionData {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Broker that leads the partition; -1 for none.
    pub leader_id: i32,
    /// Present epoch of the leader.
    pub leader_epoch: i32,
    /// Brokers that are in sync now.
    pub isr: Vec<i32>,
    /// 1 while recovering after an unclean election, else 0.
    pub leader_recovery_state: i8,
    /// Present partition epoch, for the next change to build on.
    pub partition_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
