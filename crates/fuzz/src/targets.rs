//! The table of targets.

mod checkpoint;
mod names;
mod producer_snapshot;

use crate::Target;

/// All targets, by name.
pub const TARGETS: &[Target] = &[checkpoint::TARGET, names::TARGET, producer_snapshot::TARGET];
