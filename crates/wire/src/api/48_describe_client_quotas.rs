//! DescribeClientQuotas, API key 48.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Lists the client quotas whose entity matches a filter (KIP-546).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 48, valid = "0-1", flexible = "1+")]
pub struct DescribeClientQuotasRequest {
    /// Conditions on the entity, all of which must hold; empty matches all.
    pub components: Vec<ComponentData>,
    /// Whether to leave out entities with parts the filter does not name.
    pub strict: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Condition on one part of the entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ComponentData {
    /// Part it looks at: `user`, `client-id` or `ip`.
    pub entity_type: KafkaString,
    /// 0 an exact name, 1 the default entity, 2 any name.
    pub match_type: i8,
    /// Name to match; null unless matching exactly.
    #[field(nullable = "0+")]
    pub r#match: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The client quotas that match.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 48, valid = "0-1", flexible = "1+")]
pub struct DescribeClientQuotasResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Matching entities with quotas; null after an error.
    #[field(nullable = "0+")]
    pub entries: Option<Vec<EntryData>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Quotas of one entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct EntryData {
    /// Parts that together make up the entity.
    pub entity: Vec<EntityData>,
    /// Quotas set on exactly this entity.
    pub values: Vec<ValueData>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One part of an entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct EntityData {
    /// Either `user`, `client-id` or `ip`.
    pub entity_type: KafkaString,
    /// Name of the user, client or address; null for the default.
    #[field(nullable = "0+")]
    pub entity_name: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One quota of the entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ValueData {
    /// Quota name, for instance `producer_byte_rate`.
    pub key: KafkaString,
    /// Limit, in the unit that belongs to the key.
    pub value: f64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
