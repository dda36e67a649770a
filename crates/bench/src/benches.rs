//! The table of benchmarks.

mod log_append;
mod log_compaction;
mod log_load;
mod log_recovery;
mod record_crc;
mod record_validate;
mod scratch_dir;
mod wire_codec;

use crate::Bench;

/// All benchmarks, in the order in which they run.
pub const BENCHES: &[Bench] = &[
    log_append::BENCH,
    log_compaction::BENCH,
    log_load::BENCH,
    log_recovery::BENCH,
    record_crc::BENCH,
    record_validate::BENCH,
    wire_codec::BENCH,
];
