//! `ClearElrRecord`, type 28 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Written by the controller to empty the eligible leader replicas (KIP-966).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 28, valid = "0", flexible = "0+")]
pub struct ClearElrRecord {
    /// Topic whose partitions are cleared; empty for every topic.
    pub topic_name: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
