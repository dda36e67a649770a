//! `RemoveTopicRecord`, type 9 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Uuid};

/// Written by the controller when a topic is deleted, with its partitions and configs.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 9, valid = "0", flexible = "0+")]
pub struct RemoveTopicRecord {
    /// Id of the topic deleted.
    pub topic_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
