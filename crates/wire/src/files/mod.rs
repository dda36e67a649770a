//! Messages that live in small files of a data directory.

pub mod producer_snapshot;
pub mod quorum_state;
