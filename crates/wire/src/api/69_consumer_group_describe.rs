//! ConsumerGroupDescribe, API key 69.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the coordinator for details of groups of the new consumer protocol (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 69, valid = "0-1", flexible = "0+")]
pub struct ConsumerGroupDescribeRequest {
    /// Consumer groups to describe.
    pub group_ids: Vec<KafkaString>,
    /// Whether to work out what the caller may do with each group.
    pub include_authorized_operations: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Details of each consumer group asked for (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 69, valid = "0-1", flexible = "0+")]
pub struct ConsumerGroupDescribeResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// One entry for each group asked for.
    pub groups: Vec<DescribedGroup>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// State and members of one consumer group, or the error met.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribedGroup {
    /// Outcome for this group, 0 on success.
    pub error_code: i16,
    /// Text explaining the group's error, null on success.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// Group the entry answers for.
    pub group_id: KafkaString,
    /// State by name, such as `Stable`; empty on error.
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

/// One member of the group.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Member {
    /// Id the member goes by.
    pub member_id: KafkaString,
    /// Static membership id, null for a dynamic member.
    #[field(nullable = "0+", default = null)]
    pub instance_id: Option<KafkaString>,
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
    /// Topic pattern the member subscribed to, null when none.
    #[field(nullable = "0+", default = null)]
    pub subscribed_topic_regex: Option<KafkaString>,
    /// Partitions the member owns now.
    pub assignment: Assignment,
    /// Partitions the member is being moved to.
    pub target_assignment: Assignment,
    /// 0 for a classic member, 1 for a consumer member, -1 when unknown.
    #[field(versions = "1+", default = -1, ignorable)]
    pub member_type: i8,
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
