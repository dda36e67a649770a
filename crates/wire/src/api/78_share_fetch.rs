//! ShareFetch, API key 78.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a share consumer to acquire records and acknowledge earlier ones (KIP-932; acquire mode KIP-1206,
/// renewal KIP-1222).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 78, valid = "1-2", flexible = "0+")]
pub struct ShareFetchRequest {
    /// Share group to fetch for.
    #[field(nullable = "0+", default = null)]
    pub group_id: Option<KafkaString>,
    /// Member id the share session belongs to.
    #[field(nullable = "0+")]
    pub member_id: Option<KafkaString>,
    /// 0 opens the share session, -1 closes it, otherwise one up each time.
    pub share_session_epoch: i32,
    /// Milliseconds the broker may hold the request for `min_bytes`.
    pub max_wait_ms: i32,
    /// Bytes to gather before an early answer.
    pub min_bytes: i32,
    /// Bytes to stop at; a first batch above it still comes.
    #[field(default = 0x7fff_ffff)]
    pub max_bytes: i32,
    /// Records to stop at; whole batches may overshoot it.
    pub max_records: i32,
    /// Preferred record count for each entry of acquired records.
    pub batch_size: i32,
    /// 0 acquires whole batches, 1 keeps strictly to `max_records`.
    #[field(versions = "2+", ignorable)]
    pub share_acquire_mode: i8,
    /// Whether any acknowledgement here renews a lock.
    #[field(versions = "2+")]
    pub is_renew_ack: bool,
    /// Partitions to fetch or acknowledge, by topic.
    pub topics: Vec<FetchTopic>,
    /// Partitions to drop from the share session, by topic.
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic to fetch or acknowledge.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct FetchTopic {
    /// Id of the topic, unique across deletion and re-creation.
    #[field(key)]
    pub topic_id: Uuid,
    /// The topic's partitions in this request.
    pub partitions: Vec<FetchPartition>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One partition to fetch or acknowledge.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct FetchPartition {
    /// Number of the partition within its topic.
    #[field(key)]
    pub partition_index: i32,
    /// Acknowledgements for records acquired earlier, in offset order.
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

/// Partitions of one topic to drop.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ForgottenTopic {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Numbers of the partitions to drop.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Records acquired for the share consumer, and how its acknowledgements fared (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 78, valid = "1-2", flexible = "0+")]
pub struct ShareFetchResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Milliseconds the acquired records stay locked for this member.
    pub acquisition_lock_timeout_ms: i32,
    /// Outcomes by topic.
    pub responses: Vec<ShareFetchableTopicResponse>,
    /// Addresses of the new leaders named in `current_leader`.
    pub node_endpoints: Vec<NodeEndpoint>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Outcomes for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ShareFetchableTopicResponse {
    /// Id of the topic, unique across deletion and re-creation.
    #[field(key)]
    pub topic_id: Uuid,
    /// Outcomes by partition.
    pub partitions: Vec<PartitionData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Records and outcomes of one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct PartitionData {
    /// Number of the partition within its topic.
    pub partition_index: i32,
    /// Outcome of fetching from this partition, 0 on success.
    pub error_code: i16,
    /// Text explaining the failed fetch, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Outcome of the acknowledgements, 0 on success.
    pub acknowledge_error_code: i16,
    /// Text explaining the failed acknowledgements, null on success.
    #[field(nullable = "0+", default = null)]
    pub acknowledge_error_message: Option<KafkaString>,
    /// Leader to turn to when this broker no longer leads.
    pub current_leader: LeaderIdAndEpoch,
    /// Record batches read, which may hold records not acquired.
    #[field(records)]
    pub records: Bytes,
    /// Offset ranges locked for this member; only these may be consumed.
    pub acquired_records: Vec<AcquiredRecords>,
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

/// Range of offsets locked for the member.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AcquiredRecords {
    /// Lowest offset acquired.
    pub first_offset: i64,
    /// Highest offset acquired, inclusive.
    pub last_offset: i64,
    /// Deliveries of these records so far, this one included.
    pub delivery_count: i16,
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
