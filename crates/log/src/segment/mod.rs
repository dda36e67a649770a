//! One segment: a log file and its indexes.

mod append;
mod cleaned;
mod life;
mod log_file;
mod read;
mod recover;
mod scan;
#[cfg(test)]
mod tests;
mod truncate;
mod types;
mod walk;

use std::sync::OnceLock;

use ottla_record::{Offset, Timestamp};

pub(crate) use cleaned::SegmentReader;
pub(crate) use read::RECORDS_BYTES_MAX;
pub use scan::{BatchScanner, ScanEnd, ScannedBatch};
pub use types::{
    AppendedBatch, BatchPosition, CreateSegment, FoundSegment, Recovered, RollParams, SegmentConfig,
    SegmentFlush, SegmentRead, SegmentSlice,
};

use self::log_file::LogFile;
use crate::index::{OffsetIndex, TimeIndex, TimestampOffset, TransactionIndex};

/// One segment of a log.
///
/// Reading takes `&self` and may go on in several threads; files are opened when they are first needed. Creating and
/// renaming do not sync the directory: the log does that before it counts on the names.
#[derive(Debug)]
pub struct Segment {
    base_offset: Offset,
    config: SegmentConfig,
    log: LogFile,
    offset_index: OffsetIndex,
    time_index: TimeIndex,
    transaction_index: TransactionIndex,
    /// When the segment was created or taken up, for its age while no record has a timestamp.
    created: Timestamp,
    /// When the log file was last written.
    modified: Timestamp,
    /// Whether appends go here. Then a crash means recovery, which rebuilds the indexes, so a flush leaves them be.
    active: bool,
    /// Bytes appended since the last index entry.
    bytes_since_index_entry: u32,
    /// Largest timestamp and the last offset of its batch; from the time index when first asked for.
    max_timestamp: OnceLock<TimestampOffset>,
    /// Largest timestamp of the first batch, once there is one.
    first_batch_timestamp: OnceLock<Timestamp>,
}
