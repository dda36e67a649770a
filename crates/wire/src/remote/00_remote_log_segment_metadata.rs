//! `RemoteLogSegmentMetadataRecord`, type 0 of the records of `__remote_log_metadata`.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Written to `__remote_log_metadata` when copying a segment to remote storage begins (KIP-405).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 0, valid = "0", flexible = "0+")]
pub struct RemoteLogSegmentMetadataRecord {
    /// Identity of the segment copied.
    pub remote_log_segment_id: RemoteLogSegmentIdEntry,
    /// First offset in the segment.
    pub start_offset: i64,
    /// Last offset in the segment, inclusive.
    pub end_offset: i64,
    /// Broker that does the copying.
    pub broker_id: i32,
    /// Largest record timestamp in the segment, Unix milliseconds.
    pub max_timestamp_ms: i64,
    /// Unix milliseconds when the event was written.
    pub event_timestamp_ms: i64,
    /// Leader epochs found in the segment, ascending.
    pub segment_leader_epochs: Vec<SegmentLeaderEpochEntry>,
    /// Size of the segment's log file in bytes.
    pub segment_size_in_bytes: i32,
    /// Opaque bytes from the storage plugin, null for none.
    #[field(nullable = "0+", default = null)]
    pub custom_metadata: Option<Bytes>,
    /// 0 and 1 copy started and finished, 2 and 3 deletion started and finished.
    pub remote_log_segment_state: i8,
    /// Whether the segment has no aborted transactions to index.
    #[field(tag = 0)]
    pub txn_index_empty: bool,
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

/// Start of one leader epoch within the segment.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct SegmentLeaderEpochEntry {
    /// Leader epoch that wrote records of the segment.
    pub leader_epoch: i32,
    /// First offset written in that epoch.
    pub offset: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
