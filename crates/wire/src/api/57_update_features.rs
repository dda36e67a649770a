//! UpdateFeatures, API key 57.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the controller to change finalized feature levels such as `metadata.version` (KIP-584).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 57, valid = "0-2", flexible = "0+")]
pub struct UpdateFeaturesRequest {
    /// Milliseconds to wait for the change.
    #[field(default = 60_000)]
    pub timeout_ms: i32,
    /// Features that get a new level.
    pub feature_updates: Vec<FeatureUpdateKey>,
    /// Whether to check the request only and change nothing.
    #[field(versions = "1+")]
    pub validate_only: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// A new level for one feature.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct FeatureUpdateKey {
    /// Feature name, for instance `metadata.version`.
    #[field(key)]
    pub feature: KafkaString,
    /// Level to finalize; 0 switches the feature off.
    pub max_version_level: i16,
    /// Whether the level may go down; version 0 only.
    #[field(versions = "0")]
    pub allow_downgrade: bool,
    /// 1 upgrade, 2 safe downgrade, 3 downgrade that may lose metadata.
    #[field(versions = "1+", default = 1)]
    pub upgrade_type: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells whether the feature levels were changed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 57, valid = "0-2", flexible = "0+")]
pub struct UpdateFeaturesResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Error of the request as a whole; 0 for none.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Result for each feature, up to version 1.
    #[field(versions = "0-1", ignorable)]
    pub results: Vec<UpdatableFeatureResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one feature.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct UpdatableFeatureResult {
    /// Feature name this entry is about.
    #[field(key)]
    pub feature: KafkaString,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
