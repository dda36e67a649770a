//! What a request names and holds, looked up where it stands.

use std::sync::Arc;

use ottla_record::{BatchHeader, HEADER_SIZE, Magic};

use super::decode::{TOPIC_ID_VERSION_MIN, TopicAt};
use crate::partitions::{PartitionError, Topic, Topics};

/// The topic that a part of the request is about, by its id or, in old versions, by its name.
pub(super) fn find_topic<'a>(
    topics: &'a Topics,
    version: i16,
    at: &TopicAt,
    body: &[u8],
) -> Result<&'a Arc<Topic>, PartitionError> {
    if version >= TOPIC_ID_VERSION_MIN {
        return topics.by_id(at.id).ok_or(PartitionError::UnknownTopicId);
    }
    let name = std::str::from_utf8(&body[at.name.clone()]).ok();
    name.and_then(|name| topics.by_name(name)).ok_or(PartitionError::UnknownTopicOrPartition)
}

/// The header of the first batch, as far as it is one of magic 2.
pub(super) fn header(records: &[u8]) -> Option<BatchHeader> {
    let header = BatchHeader::parse(records.get(..HEADER_SIZE)?).ok()?;
    (header.magic == Magic::V2).then_some(header)
}
