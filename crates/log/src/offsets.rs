//! Offsets with the place in the files they stand at.

use ottla_record::{LeaderEpoch, Offset, Timestamp};

/// An offset and, where known, the place of its batch in the log's files.
///
/// The place lets a fetch see, without a look at any index, how many bytes lie between two offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOffsetMetadata {
    /// The offset itself.
    pub offset: Offset,
    /// Where its batch starts, if that is known.
    pub position: Option<SegmentPosition>,
}

impl LogOffsetMetadata {
    /// An offset whose place is not known.
    pub const fn offset_only(offset: Offset) -> Self {
        Self { offset, position: None }
    }
}

/// A byte position in one segment's log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentPosition {
    /// Base offset of the segment.
    pub segment_base_offset: Offset,
    /// Bytes from the start of its log file.
    pub position: u32,
}

/// What a search by time found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampAndOffset {
    /// Timestamp of the record found; [`Timestamp::NONE`] where an end of the log was asked for.
    pub timestamp: Timestamp,
    /// Its offset.
    pub offset: Offset,
    /// Epoch of the leader that appended it, if known.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// End of a leader epoch in this log, for a follower that looks for the point where two logs part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetAndEpoch {
    /// Offset after the last record of the epoch.
    pub offset: Offset,
    /// The epoch, or the largest smaller one this log knows.
    pub leader_epoch: LeaderEpoch,
}
