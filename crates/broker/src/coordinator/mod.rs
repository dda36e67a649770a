//! Coordinators: what keeps its state in internal topics.

pub(crate) mod group;

/// The topic that groups and their offsets are kept in.
pub(crate) const CONSUMER_OFFSETS: &str = "__consumer_offsets";
