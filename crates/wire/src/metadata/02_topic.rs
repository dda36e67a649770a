//! `TopicRecord`, type 2 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Uuid};

/// Written by the controller when a topic is created.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 2, valid = "0", flexible = "0+")]
pub struct TopicRecord {
    /// Name of the new topic.
    pub name: KafkaString,
    /// Id given to the new topic.
    pub topic_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
