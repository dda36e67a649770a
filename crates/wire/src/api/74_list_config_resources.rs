//! ListConfigResources, API key 74.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks which config resources exist, of all types or of some (KIP-1000, types KIP-1142).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 74, valid = "0-1", flexible = "0+")]
pub struct ListConfigResourcesRequest {
    /// Config resource type ids to list; empty for every supported type.
    #[field(versions = "1+")]
    pub resource_types: Vec<i8>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Config resources that exist (KIP-1000, types KIP-1142).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 74, valid = "0-1", flexible = "0+")]
pub struct ListConfigResourcesResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// One entry for each resource found.
    pub config_resources: Vec<ConfigResource>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One config resource.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ConfigResource {
    /// Name of the resource.
    pub resource_name: KafkaString,
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    #[field(versions = "1+", default = 16, ignorable)]
    pub resource_type: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
