//! The table of benchmarks.

use crate::Bench;

/// All benchmarks, in the order in which they run.
pub const BENCHES: &[Bench] = &[];
