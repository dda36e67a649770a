//! `FeatureLevelRecord`, type 12 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Written by the controller when a feature's finalized level changes (KIP-584).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 12, valid = "0", flexible = "0+")]
pub struct FeatureLevelRecord {
    /// Name of the feature, such as `metadata.version`.
    pub name: KafkaString,
    /// Level in force from here on; 0 switches the feature off.
    pub feature_level: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
