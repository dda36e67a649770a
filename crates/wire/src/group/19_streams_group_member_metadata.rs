//! StreamsGroupMemberMetadata, type 19 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Key of a streams group member's details (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 19, valid = "0", flexible = "none")]
pub struct StreamsGroupMemberMetadataKey {
    /// Streams group the member is in.
    pub group_id: KafkaString,
    /// Member the details are of.
    pub member_id: KafkaString,
}

/// Client details of a streams group member (KIP-1071).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 19, valid = "0", flexible = "0+")]
pub struct StreamsGroupMemberMetadataValue {
    /// Static membership id, null for a dynamic member.
    #[field(nullable = "0+")]
    pub instance_id: Option<KafkaString>,
    /// Rack the member reported, null when none.
    #[field(nullable = "0+")]
    pub rack_id: Option<KafkaString>,
    /// `client.id` the member connected with.
    pub client_id: KafkaString,
    /// Address the member connected from.
    pub client_host: KafkaString,
    /// Milliseconds the member has to give up tasks.
    #[field(default = -1)]
    pub rebalance_timeout_ms: i32,
    /// Version of the topology this member runs.
    pub topology_epoch: i32,
    /// Id shared by the members of one process.
    pub process_id: KafkaString,
    /// Address for interactive queries, null when none is set.
    #[field(nullable = "0+", default = null)]
    pub user_endpoint: Option<Endpoint>,
    /// Labels that rack-aware assignment works with.
    pub client_tags: Vec<KeyValue>,
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

/// Name and value of a client tag.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct KeyValue {
    /// Name of the tag.
    pub key: KafkaString,
    /// Content of the tag.
    pub value: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
