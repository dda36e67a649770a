//! `RemoteLogSegmentMetadataSnapshotRecord`, type 3 of the records of `__remote_log_metadata`.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{Message, Struct, Uuid};

/// Full metadata of a remote segment as kept in snapshots (KIP-405).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 3, valid = "0", flexible = "0+")]
pub struct RemoteLogSegmentMetadataSnapshotRecord {
    /// Random id given to this copy of the segment.
    pub segment_id: Uuid,
    /// First offset in the segment.
    pub start_offset: i64,
    /// Last offset in the segment, inclusive.
    pub end_offset: i64,
    /// Broker that last changed the entry.
    pub broker_id: i32,
    /// Largest record timestamp in the segment, Unix milliseconds.
    pub max_timestamp_ms: i64,
    /// Unix milliseconds of the last change.
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
