//! IncrementalAlterConfigs, API key 44.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Changes single configs and leaves the others as they are (KIP-339).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 44, valid = "0-1", flexible = "1+")]
pub struct IncrementalAlterConfigsRequest {
    /// Resources to change, each listed once.
    pub resources: Vec<AlterConfigsResource>,
    /// Whether to check the request only and change nothing.
    pub validate_only: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One resource and the changes to it.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterConfigsResource {
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    #[field(key)]
    pub resource_type: i8,
    /// Topic name, broker id and so on; empty for all brokers' defaults.
    #[field(key)]
    pub resource_name: KafkaString,
    /// Changes to make, each config once.
    pub configs: Vec<AlterableConfig>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One change to a config.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AlterableConfig {
    /// Config key, for instance `retention.ms`.
    #[field(key)]
    pub name: KafkaString,
    /// 0 set, 1 delete, 2 append, 3 subtract; the latter two for lists.
    #[field(key)]
    pub config_operation: i8,
    /// Value or list items for the operation; null when deleting.
    #[field(nullable = "0+")]
    pub value: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which resources were changed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 44, valid = "0-1", flexible = "1+")]
pub struct IncrementalAlterConfigsResponse {
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
