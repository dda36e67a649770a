//! The table of benchmarks.

mod record_crc;
mod record_validate;
mod wire_codec;

use crate::Bench;

/// All benchmarks, in the order in which they run.
pub const BENCHES: &[Bench] = &[record_crc::BENCH, record_validate::BENCH, wire_codec::BENCH];
