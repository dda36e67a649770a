//! `ClientQuotaRecord`, type 14 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Written by the controller to set or remove one quota of an entity (KIP-546).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 14, valid = "0", flexible = "0+")]
pub struct ClientQuotaRecord {
    /// Parts that together name the quota's target.
    pub entity: Vec<EntityData>,
    /// Quota name, such as `producer_byte_rate`.
    pub key: KafkaString,
    /// New limit; meaningless when `remove` is set.
    pub value: f64,
    /// Whether the quota is removed.
    pub remove: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One part of the entity.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct EntityData {
    /// `user`, `client-id` or `ip`.
    pub entity_type: KafkaString,
    /// Name of the part, null for the default entity.
    #[field(nullable = "0+")]
    pub entity_name: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
