//! What a round is like, drawn from its seed.

use ottla_io::sim::{CrashOptions, Dice, Growth};
use ottla_log::config::{CleanupPolicy, LogConfig};

/// The conditions of one round.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) config: LogConfig,
    pub(super) steps: u64,
    pub(super) crash: CrashOptions,
    /// One step in so many is the last one before the power goes.
    pub(super) power_cut_one_in: u64,
    /// Largest value of a record, in bytes.
    pub(super) value_bytes_max: u64,
    /// One batch in so many is compressed; 0 for none.
    pub(super) compressed_one_in: u64,
    /// Producers there are.
    pub(super) producers: u64,
}

impl Scenario {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let segment_bytes = *dice.pick(&[300, 700, 1500, 4000, 20_000]);
        let config = LogConfig {
            segment_bytes,
            segment_ms: *dice.pick(&[50, 1_000, i64::MAX]),
            segment_jitter_ms: *dice.pick(&[0, 0, 40]),
            segment_index_bytes: *dice.pick(&[48, 120, 4096, 4096]),
            index_interval_bytes: *dice.pick(&[0, 100, 300, 4096]),
            flush_messages: *dice.pick(&[1, 5, 20, i64::MAX, i64::MAX]),
            retention_bytes: *dice.pick(&[None, Some(u64::from(segment_bytes) * 3)]),
            retention_ms: *dice.pick(&[None, Some(500)]),
            cleanup_policy: CleanupPolicy::DELETE,
            file_delete_delay_ms: *dice.pick(&[0, 100]),
            preallocate: dice.one_in(8),
            message_timestamp_after_max_ms: i64::MAX,
            producer_id_expiration_ms: i64::MAX / 4,
            ..LogConfig::default()
        };
        let growth = *dice.pick(&[Growth::Zeros, Growth::Either, Growth::Garbage]);
        let crash = CrashOptions {
            growth,
            corrupt_in_flight: *dice.pick(&[None, None, Some("index"), Some(".snapshot")]),
            ..CrashOptions::default()
        };
        Self {
            config,
            steps: dice.between(20, 120),
            crash,
            power_cut_one_in: *dice.pick(&[8, 20, 60]),
            value_bytes_max: *dice.pick(&[10, 100, 700]),
            compressed_one_in: *dice.pick(&[0, 0, 10]),
            producers: dice.between(1, 4),
        }
    }
}
