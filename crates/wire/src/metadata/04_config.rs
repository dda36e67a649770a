//! `ConfigRecord`, type 4 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Written by the controller to set or remove one config of a resource.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 4, valid = "0", flexible = "0+")]
pub struct ConfigRecord {
    /// 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// Name of the resource; empty for the cluster-wide broker defaults.
    pub resource_name: KafkaString,
    /// Config key to change.
    pub name: KafkaString,
    /// New value, null to remove the key.
    #[field(nullable = "0+")]
    pub value: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
