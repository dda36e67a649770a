//! `RemoteLogSegmentMetadataUpdateRecord`, type 1 of the records of `__remote_log_metadata`.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Written to `__remote_log_metadata` when a remote segment's state changes (KIP-405).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 1, valid = "0", flexible = "0+")]
pub struct RemoteLogSegmentMetadataUpdateRecord {
    /// Identity of the segment that changed.
    pub remote_log_segment_id: RemoteLogSegmentIdEntry,
    /// Broker that made the change.
    pub broker_id: i32,
    /// Unix milliseconds when the change was written.
    pub event_timestamp_ms: i64,
    /// Opaque bytes from the storage plugin, null for none.
    #[field(nullable = "0+", default = null)]
    pub custom_metadata: Option<Bytes>,
    /// 0 and 1 copy started and finished, 2 and 3 deletion started and finished.
    pub remote_log_segment_state: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Identity of one segment held in remote storage.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct RemoteLogSegmentIdEntry {
    /// Partition the segment was copied from.
    pub topic_id_partition: TopicIdPartitionEntry,
    /// Random id given to this copy of the segment.
    pub id: Uuid,
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
