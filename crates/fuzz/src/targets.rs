//! The table of targets.

use crate::Target;

/// All targets, by name.
pub const TARGETS: &[Target] = &[];
