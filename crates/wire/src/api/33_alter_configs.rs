//! AlterConfigs, API key 33.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Replaces all configs of a resource; superseded by `IncrementalAlterConfigsRequest` (KIP-133).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 33, valid = "0-2", flexible = "2+")]
pub struct AlterConfigsRequest {
    /// Resources to change, each listed once.
    pub resources: Vec<AlterConfigsResource>,
    /// Whether to check the request only and change nothing.
    pub validate_only: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One resource and its new configs.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterConfigsResource {
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    #[field(key)]
    pub resource_type: i8,
    /// Topic name, broker id and so on; empty for all brokers' defaults.
    #[field(key)]
    pub resource_name: KafkaString,
    /// Complete new set; whatever is missing goes back to its default.
    pub configs: Vec<AlterableConfig>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One config to set.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterableConfig {
    /// Config key, for instance `retention.ms`.
    #[field(key)]
    pub name: KafkaString,
    /// Value to set; null is refused.
    #[field(nullable = "0+")]
    pub value: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which resources were changed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 33, valid = "0-2", flexible = "2+")]
pub struct AlterConfigsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each resource.
    pub responses: Vec<AlterConfigsResourceResponse>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one resource.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterConfigsResourceResponse {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// Resource name as requested.
    pub resource_name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
