//! ShareGroupDescribe, API key 77.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the coordinator for details of share groups (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 77, valid = "1", flexible = "0+")]
pub struct ShareGroupDescribeRequest {
    /// Share groups to describe.
    pub group_ids: Vec<KafkaString>,
    /// Whether to work out what the caller may do with each group.
    pub include_authorized_operations: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Details of each share group asked for (KIP-932).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 77, valid = "1", flexible = "0+")]
pub struct ShareGroupDescribeResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// One entry for each group asked for.
    pub groups: Vec<DescribedGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State and members of one share group, or the error met.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribedGroup {
    /// Outcome for this group, 0 on success.
    pub error_code: i16,
    /// Text explaining the group's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Group the entry answers for.
    pub group_id: KafkaString,
    /// State by name: `Empty`, `Stable` or `Dead`; empty on error.
    pub group_state: KafkaString,
    /// Epoch that grows with every change calling for a new assignment.
    pub group_epoch: i32,
    /// Group epoch the target assignment was computed for.
    pub assignment_epoch: i32,
    /// Broker-side assignor in use for the group.
    pub assignor_name: KafkaString,
    /// Current members of the group.
    pub members: Vec<Member>,
    /// Bit set of permitted operations; the default means not asked for.
    #[field(default = -0x8000_0000)]
    pub authorized_operations: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One member of the share group.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Member {
    /// Id the member goes by.
    pub member_id: KafkaString,
    /// Rack the member reported, null when none.
    #[field(nullable = "0+", default = null)]
    pub rack_id: Option<KafkaString>,
    /// Epoch the member has reached.
    pub member_epoch: i32,
    /// `client.id` the member connected with.
    pub client_id: KafkaString,
    /// Address the member connected from.
    pub client_host: KafkaString,
    /// Topic names the member subscribed to.
    pub subscribed_topic_names: Vec<KafkaString>,
    /// Partitions the member fetches now.
    pub assignment: Assignment,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Set of partitions, by topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Assignment {
    /// Topics with the partitions given to the member.
    pub topic_partitions: Vec<TopicPartitions>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicPartitions {
    /// Id of the topic, unique across deletion and re-creation.
    pub topic_id: Uuid,
    /// Name of the topic.
    pub topic_name: KafkaString,
    /// Numbers of the topic's partitions.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
