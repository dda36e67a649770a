//! ApiVersions, API key 18.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Usually the first request on a connection, asking which APIs and versions the broker speaks. It also names
/// the client software (KIP-511).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 18, valid = "0-4", flexible = "3+")]
pub struct ApiVersionsRequest {
    /// Name of the client library; empty before version 3.
    #[field(versions = "3+", ignorable)]
    pub client_software_name: KafkaString,
    /// Version of the client library; empty before version 3.
    #[field(versions = "3+", ignorable)]
    pub client_software_version: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The APIs and features of the broker. An unknown request version gets a version 0 body with
/// `UNSUPPORTED_VERSION`.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 18, valid = "0-4", flexible = "3+")]
pub struct ApiVersionsResponse {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Every API served on this listener.
    pub api_keys: Vec<ApiVersion>,
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// Feature levels this node can work with (KIP-584).
    #[field(versions = "3+", tag = 0, ignorable)]
    pub supported_features: Vec<SupportedFeatureKey>,
    /// Metadata offset the finalized levels hold at; -1 when unknown.
    #[field(versions = "3+", tag = 1, default = -1, ignorable)]
    pub finalized_features_epoch: i64,
    /// Feature levels in force across the cluster.
    #[field(versions = "3+", tag = 2, ignorable)]
    pub finalized_features: Vec<FinalizedFeatureKey>,
    /// Readiness to migrate from ZooKeeper; false on every 4.x node.
    #[field(versions = "3+", tag = 3, ignorable)]
    pub zk_migration_ready: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Version range of one API.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ApiVersion {
    /// API key this range is for.
    #[field(key)]
    pub api_key: i16,
    /// Lowest version the broker accepts, inclusive.
    pub min_version: i16,
    /// Highest version the broker accepts, inclusive.
    pub max_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Levels of one feature that the node supports.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct SupportedFeatureKey {
    /// Feature name, for instance `metadata.version`.
    #[field(key)]
    pub name: KafkaString,
    /// Lowest level the node supports.
    pub min_version: i16,
    /// Highest level the node supports.
    pub max_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Level of one feature in force cluster-wide.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct FinalizedFeatureKey {
    /// Feature name, for instance `metadata.version`.
    #[field(key)]
    pub name: KafkaString,
    /// Level in force across the cluster.
    pub max_version_level: i16,
    /// Lower end of the finalized range; the same level in 4.x.
    pub min_version_level: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
