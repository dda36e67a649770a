//! DescribeConfigs, API key 32.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by admin tools to read the configs of topics, brokers, groups and other resources (KIP-133).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 32, valid = "1-4", flexible = "4+")]
pub struct DescribeConfigsRequest {
    /// Resources whose configs are wanted.
    pub resources: Vec<DescribeConfigsResource>,
    /// Whether to list the other places a value could come from.
    pub include_synonyms: bool,
    /// Whether to add the help text of each config (KIP-569).
    #[field(versions = "3+")]
    pub include_documentation: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One resource to read.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeConfigsResource {
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// Topic name, broker id and so on; empty for all brokers' defaults.
    pub resource_name: KafkaString,
    /// Keys wanted; null for all of them.
    #[field(nullable = "0+")]
    pub configuration_keys: Option<Vec<KafkaString>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The configs asked for, with their origin.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 32, valid = "1-4", flexible = "4+")]
pub struct DescribeConfigsResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each resource.
    pub results: Vec<DescribeConfigsResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Configs of one resource.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeConfigsResult {
    /// 0, or why this resource cannot be described.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// Resource name as requested.
    pub resource_name: KafkaString,
    /// Configs in effect for the resource.
    pub configs: Vec<DescribeConfigsResourceResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One config in effect.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeConfigsResourceResult {
    /// Config key, for instance `retention.ms`.
    pub name: KafkaString,
    /// Value in effect; null if sensitive or unset.
    #[field(nullable = "0+")]
    pub value: Option<KafkaString>,
    /// Whether it cannot be changed at run time.
    pub read_only: bool,
    /// Origin code: 1 topic, 2–4 broker, 5 default, 6–8 others.
    #[field(default = -1)]
    pub config_source: i8,
    /// Whether the value is secret and so withheld.
    pub is_sensitive: bool,
    /// Candidate values by precedence; empty unless asked for.
    pub synonyms: Vec<DescribeConfigsSynonym>,
    /// Value type code, from 1 boolean to 9 password; 0 unknown.
    #[field(versions = "3+", ignorable)]
    pub config_type: i8,
    /// Help text of the config; null unless asked for.
    #[field(versions = "3+", nullable = "0+", ignorable)]
    pub documentation: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A setting that can supply a config's value.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeConfigsSynonym {
    /// Config key under which it is set.
    pub name: KafkaString,
    /// Value set there; null if sensitive or unset.
    #[field(nullable = "0+")]
    pub value: Option<KafkaString>,
    /// Origin code, numbered as in `config_source`.
    pub source: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
