//! WriteTxnMarkers, API key 27.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent by a transaction coordinator to partition leaders to write commit or abort markers (KIP-98).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 27, valid = "1-2", flexible = "1+")]
pub struct WriteTxnMarkersRequest {
    /// Markers to write, one per transaction.
    pub markers: Vec<WritableTxnMarker>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The outcome of one transaction and where to write it.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct WritableTxnMarker {
    /// Producer id the transaction ran under.
    pub producer_id: i64,
    /// Producer epoch to write into the marker.
    pub producer_epoch: i16,
    /// True for a commit marker, false for an abort marker.
    pub transaction_result: bool,
    /// Partitions that get the marker.
    pub topics: Vec<WritableTxnMarkerTopic>,
    /// Leader epoch of the coordinator's partition; fences a deposed coordinator.
    pub coordinator_epoch: i32,
    /// Transaction protocol version; 2 demands a rising epoch (KIP-1228).
    #[field(versions = "2+", ignorable)]
    pub transaction_version: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic that get the marker.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct WritableTxnMarkerTopic {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Partition numbers that get the marker.
    pub partition_indexes: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells which markers were written.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 27, valid = "1-2", flexible = "1+")]
pub struct WriteTxnMarkersResponse {
    /// Result for each marker.
    pub markers: Vec<WritableTxnMarkerResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one transaction's marker.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct WritableTxnMarkerResult {
    /// Producer id given in the marker.
    pub producer_id: i64,
    /// Results, grouped by topic.
    pub topics: Vec<WritableTxnMarkerTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct WritableTxnMarkerTopicResult {
    /// Topic name this entry is about.
    pub name: KafkaString,
    /// Result for each partition.
    pub partitions: Vec<WritableTxnMarkerPartitionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct WritableTxnMarkerPartitionResult {
    /// Partition number within the topic.
    pub partition_index: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
