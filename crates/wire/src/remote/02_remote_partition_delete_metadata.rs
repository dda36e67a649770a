//! `RemotePartitionDeleteMetadataRecord`, type 2 of the records of `__remote_log_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Written to `__remote_log_metadata` as a deleted partition's remote data goes (KIP-405).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 2, valid = "0", flexible = "0+")]
pub struct RemotePartitionDeleteMetadataRecord {
    /// Partition whose remote data is deleted.
    pub topic_id_partition: TopicIdPartitionEntry,
    /// Node that wrote the event, a controller or broker.
    pub broker_id: i32,
    /// Unix milliseconds when the event was written.
    pub event_timestamp_ms: i64,
    /// 0 marked for deletion, 1 deletion started, 2 deletion finished.
    pub remote_partition_delete_state: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partition named by topic name, topic id and number.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct TopicIdPartitionEntry {
    /// Topic name at the time of the event.
    pub name: KafkaString,
    /// Topic id, unique across deletion and re-creation.
    pub id: Uuid,
    /// Number of the partition within the topic.
    pub partition: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
