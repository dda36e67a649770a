//! What is due when.

use ottla_wire::KafkaString;

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Offsets and empty groups may have expired.
    Expiration,
    /// The join phase of the group ends.
    Join(KafkaString),
    /// Members of the group that have not asked for their assignment are given up.
    Sync(KafkaString),
    /// The member of the group has not been heard of.
    Session(KafkaString, KafkaString),
}
