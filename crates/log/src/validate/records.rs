//! The rules for single records.

use ottla_record::{Batch, RecordSummary, Skim, Timestamp, TimestampType};

use super::ValidationOptions;
use super::error::{InvalidBatch, RecordError, RecordErrorCause, RejectedRecordsError, ValidationError};
use crate::config::LogConfig;

/// What a walk over the records found.
pub(super) struct Walk {
    /// Highest timestamp of a record, at least -1.
    pub(super) max_timestamp: Timestamp,
    /// Whether the records count their offsets from the batch's, one by one.
    pub(super) offsets_in_order: bool,
}

/// Reads every record but for its key and value, which proves the batch well formed, and applies the topic's rules to each.
pub(super) fn walk_records(
    batch: &Batch<'_>,
    records: Skim<'_>,
    config: &LogConfig,
    options: &ValidationOptions,
) -> Result<Walk, ValidationError> {
    let rules = Rules::new(batch, config, options);
    let mut walk = Walk { max_timestamp: Timestamp::NONE, offsets_in_order: true };
    let mut rejected = None;
    let mut expected_offset = batch.base_offset.0;
    for (index, record) in (0..).zip(records) {
        let record = record.map_err(InvalidBatch::from)?;
        if let Some(cause) = rules.broken_by(&record) {
            RejectedRecordsError::add(&mut rejected, RecordError { index, cause });
        }
        walk.max_timestamp = walk.max_timestamp.max(record.timestamp);
        walk.offsets_in_order &= record.offset.0 == expected_offset;
        expected_offset = expected_offset.wrapping_add(1);
    }
    match rejected {
        Some(rejected) => Err(rejected.into()),
        None => Ok(walk),
    }
}

struct Rules {
    needs_key: bool,
    /// Bounds of timestamps, where the producer's count.
    bounds: Option<(Timestamp, Timestamp)>,
    batch_has_append_time: bool,
}

impl Rules {
    fn new(batch: &Batch<'_>, config: &LogConfig, options: &ValidationOptions) -> Self {
        let now = options.now.0;
        let earliest = Timestamp(now.saturating_sub(config.message_timestamp_before_max_ms));
        let latest = Timestamp(now.saturating_add(config.message_timestamp_after_max_ms));
        Self {
            needs_key: config.cleanup_policy.compact,
            bounds: (config.message_timestamp_type == TimestampType::CreateTime)
                .then_some((earliest, latest)),
            batch_has_append_time: batch.timestamp_type() == TimestampType::LogAppendTime,
        }
    }

    fn broken_by(&self, record: &RecordSummary) -> Option<RecordErrorCause> {
        if self.needs_key && record.key_size.is_none() {
            return Some(RecordErrorCause::NoKey);
        }
        match self.bounds {
            Some((earliest, latest)) if record.timestamp != Timestamp::NONE => {
                let timestamp = record.timestamp;
                let within = (earliest..=latest).contains(&timestamp);
                (!within).then_some(RecordErrorCause::Timestamp { timestamp, earliest, latest })
            }
            _ => self.batch_has_append_time.then_some(RecordErrorCause::TimestampType),
        }
    }
}
