//! The records of `__remote_log_metadata`, which say what lies in tiered storage (KIP-405).
//!
//! [`RemoteLogRecord`] is any of them, read and written with the frame that names type and version.

use crate::records::framed_records;

#[path = "00_remote_log_segment_metadata.rs"]
pub mod remote_log_segment_metadata;
#[path = "03_remote_log_segment_metadata_snapshot.rs"]
pub mod remote_log_segment_metadata_snapshot;
#[path = "01_remote_log_segment_metadata_update.rs"]
pub mod remote_log_segment_metadata_update;
#[path = "02_remote_partition_delete_metadata.rs"]
pub mod remote_partition_delete_metadata;

framed_records! {
    /// A record of `__remote_log_metadata`.
    RemoteLogRecord("remote log metadata record")
    0 RemoteLogSegmentMetadata(remote_log_segment_metadata::RemoteLogSegmentMetadataRecord);
    1 RemoteLogSegmentMetadataUpdate(remote_log_segment_metadata_update::RemoteLogSegmentMetadataUpdateRecord);
    2 RemotePartitionDeleteMetadata(remote_partition_delete_metadata::RemotePartitionDeleteMetadataRecord);
    3 RemoteLogSegmentMetadataSnapshot(remote_log_segment_metadata_snapshot::RemoteLogSegmentMetadataSnapshotRecord);
}
