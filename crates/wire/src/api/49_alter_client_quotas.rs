//! AlterClientQuotas, API key 49.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks the controller to set or remove client quotas (KIP-546).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 49, valid = "0-1", flexible = "1+")]
pub struct AlterClientQuotasRequest {
    /// Entities whose quotas are to change.
    pub entries: Vec<RequestEntryData>,
    /// Whether to check the request only and change nothing.
    pub validate_only: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Changes to the quotas of one entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestEntryData {
    /// Parts that together make up the entity.
    pub entity: Vec<RequestEntityData>,
    /// Quotas to set or remove.
    pub ops: Vec<OpData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One part of an entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RequestEntityData {
    /// Either `user`, `client-id` or `ip`.
    pub entity_type: KafkaString,
    /// Name of the user, client or address; null for the default.
    #[field(nullable = "0+")]
    pub entity_name: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One quota to set or remove.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct OpData {
    /// Quota name, for instance `consumer_byte_rate`.
    pub key: KafkaString,
    /// Limit to set; without meaning when `remove` is true.
    pub value: f64,
    /// True removes the quota, false sets it.
    pub remove: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which entities were changed.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 49, valid = "0-1", flexible = "1+")]
pub struct AlterClientQuotasResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Result for each entity.
    pub entries: Vec<ResponseEntryData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseEntryData {
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Parts of the entity this result is for.
    pub entity: Vec<ResponseEntityData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One part of an entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ResponseEntityData {
    /// Either `user`, `client-id` or `ip`.
    pub entity_type: KafkaString,
    /// Name of the user, client or address; null for the default.
    #[field(nullable = "0+")]
    pub entity_name: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
