//! ShareAcknowledge, API key 79.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a share consumer to settle acquired records without fetching more (KIP-932; renewal KIP-1222).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 79, valid = "1-2", flexible = "0+")]
pub struct ShareAcknowledgeRequest {
    /// Share group the records were acquired for.
    #[field(nullable = "0+", default = null)]
    pub group_id: Option<KafkaString>,
    /// Member id that acquired the records.
    #[field(nullable = "0+")]
    pub member_id: Option<KafkaString>,
    /// Epoch of the open share session; -1 closes it.
    pub share_session_epoch: i32,
    /// Whether any acknowledgement here renews a lock.
    #[field(versions = "2+")]
    pub is_renew_ack: bool,
    /// Acknowledgements by topic.
    pub topics: Vec<AcknowledgeTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Acknowledgements for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AcknowledgeTopic {
    /// Id of the topic, unique across deletion and re-creation.
    #[field(key)]
    pub topic_id: Uuid,
    /// Acknowledgements by partition.
    pub partitions: Vec<AcknowledgePartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Acknowledgements for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AcknowledgePartition {
    /// Number of the partition within its topic.
    #[field(key)]
    pub partition_index: i32,
    /// Ranges of acquired offsets to settle, in offset order.
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Range of offsets with the acknowledgement given to them.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AcknowledgementBatch {
    /// Lowest offset of the acknowledged range.
    pub first_offset: i64,
    /// Highest offset of the acknowledged range, inclusive.
    pub last_offset: i64,
    /// 0 gap, 1 accept, 2 release, 3 reject, 4 renew; one for all, or each.
    pub acknowledge_types: Vec<i8>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome of each partition's acknowledgements (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 79, valid = "1-2", flexible = "0+")]
pub struct ShareAcknowledgeResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Milliseconds that renewed records stay locked for this member.
    #[field(versions = "2+", ignorable)]
    pub acquisition_lock_timeout_ms: i32,
    /// Outcomes by topic.
    pub responses: Vec<ShareAcknowledgeTopicResponse>,
    /// Addresses of the new leaders named in `current_leader`.
    pub node_endpoints: Vec<NodeEndpoint>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcomes for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ShareAcknowledgeTopicResponse {
    /// Id of the topic, unique across deletion and re-creation.
    #[field(key)]
    pub topic_id: Uuid,
    /// Outcomes by partition.
    pub partitions: Vec<PartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcome for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionData {
    /// Number of the partition within its topic.
    pub partition_index: i32,
    /// Outcome for this partition, 0 on success.
    pub error_code: i16,
    /// Text explaining the partition's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Leader to turn to when this broker no longer leads.
    pub current_leader: LeaderIdAndEpoch,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Leader of a partition and the epoch of its leadership.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct LeaderIdAndEpoch {
    /// Broker id of the leader, -1 when not known.
    pub leader_id: i32,
    /// Epoch of that leadership as this broker knows it.
    pub leader_epoch: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Address of a broker named as a current leader.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct NodeEndpoint {
    /// Broker id, referred to by `current_leader`.
    #[field(key)]
    pub node_id: i32,
    /// Host name clients connect to.
    pub host: KafkaString,
    /// TCP port clients connect to.
    pub port: i32,
    /// Rack the broker sits in, null when not configured.
    #[field(nullable = "0+", default = null)]
    pub rack: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
