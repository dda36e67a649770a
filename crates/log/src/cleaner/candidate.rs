//! How much of a log could be cleaned, and whether it should be.

use ottla_record::{Offset, Timestamp};

use crate::log::{Log, SegmentBounds, StorageError};
use crate::segment::Segment;

/// What cleaning a log now would be about.
///
/// A log has a clean part, in which each key is once; a dirty part, which can be cleaned; and a part that must not yet be: the
/// active segment, what is not replicated or not decided, and what is younger than `min.compaction.lag.ms`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleanable {
    /// Where the dirty part begins.
    pub first_dirty_offset: Offset,
    /// Whether that is not what the checkpoint says, because the log does not go back or on that far.
    pub resets_checkpoint: bool,
    /// Base offset of the first segment that must not be cleaned.
    pub first_uncleanable_offset: Offset,
    /// Bytes of the segments of the clean part.
    pub clean_bytes: u64,
    /// Bytes of the segments of the dirty part.
    pub cleanable_bytes: u64,
    /// By how much the dirty part has outlived `max.compaction.lag.ms`, in milliseconds; 0 if it has not.
    pub compaction_delay_ms: i64,
    min_dirty_ratio: f64,
    pub(super) segments_version: u64,
}

impl Cleanable {
    /// Looks at a log that was cleaned up to `clean_to`, if it ever was.
    ///
    /// # Errors
    ///
    /// If the log is out of use, or what is to be known of its segments cannot be read.
    pub fn of(log: &mut Log, clean_to: Option<Offset>, now: Timestamp) -> Result<Self, StorageError> {
        let segments = log.segment_bounds();
        let (first_dirty_offset, resets_checkpoint) = first_dirty_offset(log, clean_to);
        let uncleanable = first_uncleanable_offset(log, &segments, first_dirty_offset, now)?;
        let uncleanable = uncleanable.max(first_dirty_offset);
        let first_uncleanable_offset = segments[floor(&segments, uncleanable)].base_offset;
        let clean = segments.partition_point(|segment| segment.base_offset < first_dirty_offset);
        let dirty = between(&segments, first_dirty_offset, first_uncleanable_offset);
        let size = |segments: &[SegmentBounds]| segments.iter().map(|segment| u64::from(segment.size)).sum();
        Ok(Self {
            first_dirty_offset,
            resets_checkpoint,
            first_uncleanable_offset,
            clean_bytes: size(&segments[..clean]),
            cleanable_bytes: size(dirty),
            compaction_delay_ms: compaction_delay_ms(log, &segments, first_dirty_offset, now)?,
            min_dirty_ratio: log.config().min_cleanable_dirty_ratio,
            segments_version: log.segments_version(),
        })
    }

    /// Dirty bytes as a share of all but those that must not be cleaned; 0 where there are none.
    pub fn dirty_ratio(&self) -> f64 {
        let total = self.clean_bytes + self.cleanable_bytes;
        if total == 0 { 0.0 } else { self.cleanable_bytes as f64 / total as f64 }
    }

    /// Whether enough is dirty, or anything has been for too long.
    pub fn is_due(&self) -> bool {
        self.cleanable_bytes > 0
            && (self.compaction_delay_ms > 0 || self.dirty_ratio() > self.min_dirty_ratio)
    }
}

/// Where the dirty part begins, and whether the checkpoint is wrong about it.
fn first_dirty_offset(log: &Log, clean_to: Option<Offset>) -> (Offset, bool) {
    let (log_start_offset, log_end_offset) = (log.log_start_offset(), log.log_end_offset());
    match clean_to {
        None => (log_start_offset, false),
        Some(clean_to) if clean_to < log_start_offset => {
            if !log.config().cleanup_policy.delete {
                tracing::warn!(partition = %log.partition(), %clean_to, %log_start_offset, "the clean part ends below the log's start");
            }
            (log_start_offset, true)
        }
        Some(clean_to) if clean_to > log_end_offset => {
            tracing::warn!(partition = %log.partition(), %clean_to, %log_end_offset, "the clean part ends above the log's end: all is taken for dirty");
            (log_start_offset, true)
        }
        Some(clean_to) => (clean_to, false),
    }
}

fn first_uncleanable_offset(
    log: &mut Log,
    segments: &[SegmentBounds],
    first_dirty_offset: Offset,
    now: Timestamp,
) -> Result<Offset, StorageError> {
    let offset = log.last_stable_offset().min(log.active_segment_base_offset());
    let lag_ms = log.config().min_compaction_lag_ms;
    if lag_ms <= 0 {
        return Ok(offset);
    }
    for segment in inactive_from(segments, first_dirty_offset) {
        let largest = log.ask_segment(segment.base_offset, Segment::largest_timestamp)?;
        if largest.is_some_and(|largest| largest.0 > now.0.saturating_sub(lag_ms)) {
            return Ok(offset.min(segment.base_offset));
        }
    }
    Ok(offset)
}

fn compaction_delay_ms(
    log: &mut Log,
    segments: &[SegmentBounds],
    first_dirty_offset: Offset,
    now: Timestamp,
) -> Result<i64, StorageError> {
    let clean_until = now.0.saturating_sub(log.config().max_compaction_lag_ms.max(0));
    if clean_until <= 0 {
        return Ok(0);
    }
    let mut earliest = i64::MAX;
    for segment in inactive_from(segments, first_dirty_offset) {
        let first = log.ask_segment(segment.base_offset, Segment::first_batch_timestamp)?.flatten();
        if let Some(first) = first.filter(|first| first.0 > 0) {
            earliest = earliest.min(first.0);
        }
    }
    Ok(clean_until.saturating_sub(earliest).max(0))
}

/// Number of the segment that holds an offset, the first below all.
fn floor(segments: &[SegmentBounds], offset: Offset) -> usize {
    segments.partition_point(|segment| segment.base_offset <= offset).saturating_sub(1)
}

/// The segments but the active one from the one that holds an offset on.
fn inactive_from(segments: &[SegmentBounds], from: Offset) -> &[SegmentBounds] {
    let inactive = &segments[..segments.len() - 1];
    if from > segments[inactive.len()].base_offset {
        return &[];
    }
    &inactive[floor(segments, from).min(inactive.len())..]
}

/// The segments from the one that holds `from` to the last that begins below `to`.
pub(super) fn between(segments: &[SegmentBounds], from: Offset, to: Offset) -> &[SegmentBounds] {
    let end = segments.partition_point(|segment| segment.base_offset < to);
    &segments[floor(segments, from).min(end)..end]
}
