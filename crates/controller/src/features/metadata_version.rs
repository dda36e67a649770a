//! `metadata.version`: what the metadata log may hold, and in which versions of its records.

use std::fmt;

/// Name of the feature.
pub const METADATA_VERSION: &str = "metadata.version";

/// Whether a cluster can go back below a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compatibility {
    /// Records did not change, so that a cluster can.
    SameRecords,
    /// New records or fields came, so that going back might lose some.
    NewRecords,
}

use Compatibility::{NewRecords, SameRecords};

struct Level {
    release: &'static str,
    name: &'static str,
    compatibility: Compatibility,
}

const fn level(release: &'static str, name: &'static str, compatibility: Compatibility) -> Level {
    Level { release, name, compatibility }
}

/// The first level that can still be read.
const FIRST: i16 = 7;

/// All levels, the first being [`FIRST`].
const LEVELS: &[Level] = &[
    level("3.3", "3.3-IV3", NewRecords),
    level("3.4", "3.4-IV0", NewRecords),
    level("3.5", "3.5-IV0", SameRecords),
    level("3.5", "3.5-IV1", SameRecords),
    level("3.5", "3.5-IV2", NewRecords),
    level("3.6", "3.6-IV0", SameRecords),
    level("3.6", "3.6-IV1", NewRecords),
    level("3.6", "3.6-IV2", NewRecords),
    level("3.7", "3.7-IV0", NewRecords),
    level("3.7", "3.7-IV1", SameRecords),
    level("3.7", "3.7-IV2", NewRecords),
    level("3.7", "3.7-IV3", SameRecords),
    level("3.7", "3.7-IV4", SameRecords),
    level("3.8", "3.8-IV0", SameRecords),
    level("3.9", "3.9-IV0", SameRecords),
    level("4.0", "4.0-IV0", SameRecords),
    level("4.0", "4.0-IV1", NewRecords),
    level("4.0", "4.0-IV2", SameRecords),
    level("4.0", "4.0-IV3", SameRecords),
    level("4.1", "4.1-IV0", SameRecords),
    level("4.1", "4.1-IV1", SameRecords),
    level("4.2", "4.2-IV0", SameRecords),
    level("4.2", "4.2-IV1", SameRecords),
    level("4.3", "4.3-IV0", NewRecords),
    level("4.4", "4.4-IV0", SameRecords),
];

/// A level of `metadata.version`. Every value is a level that this release knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetadataVersion(i16);

impl MetadataVersion {
    /// The lowest level that 4.x can read.
    pub const MINIMUM: Self = Self(FIRST);
    /// The level of a new cluster of 4.3.
    pub const LATEST_PRODUCTION: Self = Self(30);
    /// The highest level that 4.3 knows; above [`LATEST_PRODUCTION`](Self::LATEST_PRODUCTION) they may still change.
    pub const LATEST_TESTING: Self = Self(FIRST + LEVELS.len() as i16 - 1);

    pub(crate) const V3_9_IV0: Self = Self(21);
    pub(crate) const V4_0_IV0: Self = Self(22);
    pub(crate) const V4_0_IV1: Self = Self(23);
    pub(crate) const V4_0_IV2: Self = Self(24);
    pub(crate) const V4_1_IV0: Self = Self(26);
    pub(crate) const V4_2_IV0: Self = Self(28);
    pub(crate) const V4_2_IV1: Self = Self(29);

    /// All levels, lowest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (FIRST..=Self::LATEST_TESTING.0).map(Self)
    }

    /// The version of a level; none if it is too old to be read, or of a later release.
    pub fn from_level(level: i16) -> Option<Self> {
        (FIRST..=Self::LATEST_TESTING.0).contains(&level).then_some(Self(level))
    }

    /// The version of a name such as `4.0-IV1`, or the last one of a release such as `4.0` or `4.0.2`.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split('.');
        let short = match (parts.next(), parts.next(), parts.next()) {
            (Some(major), Some(minor), Some(_)) => &name[..major.len() + 1 + minor.len()],
            _ => name,
        };
        let of_release = |version: &Self| version.is_production() && version.release() == short;
        Self::all().find(|version| version.name() == short).or_else(|| Self::all().rev().find(of_release))
    }

    /// The number in records and requests.
    pub const fn level(self) -> i16 {
        self.0
    }

    /// The name, such as `4.3-IV0`.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The release that brought the level, such as `4.3`.
    pub fn release(self) -> &'static str {
        self.entry().release
    }

    /// Whether a cluster can go back below this level.
    pub fn compatibility(self) -> Compatibility {
        self.entry().compatibility
    }

    /// Whether the level is meant for use.
    pub fn is_production(self) -> bool {
        self <= Self::LATEST_PRODUCTION
    }

    fn entry(self) -> &'static Level {
        &LEVELS[(self.0 - FIRST) as usize]
    }

    /// Whether a cluster of this level can go back to `lower` without losing metadata.
    pub fn can_go_back_to(self, lower: Self) -> bool {
        (lower.0 + 1..=self.0).all(|level| Self(level).compatibility() == SameRecords)
    }

    /// SCRAM credentials may be in the log.
    pub fn has_scram(self) -> bool {
        self.0 >= 11
    }

    /// A leader's epoch grows when its ISR shrinks: followers of older releases needed that.
    pub fn bumps_leader_epoch_on_shrink(self) -> bool {
        self.0 < 12
    }

    /// Transactions may be in the log (KIP-868).
    pub fn has_transactions(self) -> bool {
        self.0 >= 13
    }

    /// Delegation tokens may be in the log.
    pub fn has_delegation_tokens(self) -> bool {
        self.0 >= 14
    }

    /// Controllers register (KIP-919).
    pub fn has_controller_registrations(self) -> bool {
        self.0 >= 15
    }

    /// Replicas are assigned to log directories (KIP-858).
    pub fn has_directories(self) -> bool {
        self.0 >= 17
    }

    /// Eligible leader replicas may be in the log (KIP-966).
    pub fn has_eligible_leader_replicas(self) -> bool {
        self.0 >= 23
    }

    /// Log directories can be closed to new replicas (KIP-1066).
    pub fn has_cordoned_directories(self) -> bool {
        self.0 >= 30
    }

    /// Version of `RegisterBrokerRecord`.
    pub fn register_broker_record_version(self) -> i16 {
        match self.0 {
            30.. => 4,
            17.. => 3,
            8.. => 2,
            _ => 1,
        }
    }

    /// Version of `PartitionRecord` and of `PartitionChangeRecord`.
    pub fn partition_record_version(self) -> i16 {
        match self.0 {
            23.. => 2,
            17.. => 1,
            _ => 0,
        }
    }
}

impl fmt::Display for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for MetadataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels_agree() {
        let of = |name| MetadataVersion::from_name(name).map(MetadataVersion::level);
        assert_eq!(of("3.3"), Some(7));
        assert_eq!(of("3.9"), Some(21));
        assert_eq!(of("4.0"), Some(25));
        assert_eq!(of("4.0.1"), Some(25));
        assert_eq!(of("4.0-IV1"), Some(23));
        assert_eq!(of("4.1"), Some(27));
        assert_eq!(of("4.2"), Some(29));
        assert_eq!(of("4.3"), Some(30));
        assert_eq!(of("4.4"), None);
        assert_eq!(of("4.4-IV0"), Some(31));
        assert_eq!(of("3.2"), None);
        assert_eq!(MetadataVersion::LATEST_PRODUCTION.name(), "4.3-IV0");
        assert_eq!(MetadataVersion::from_level(6), None);
        assert_eq!(MetadataVersion::from_level(32), None);
    }

    #[test]
    fn only_levels_with_the_same_records_can_be_left() {
        let at = |level| MetadataVersion::from_level(level).unwrap();
        assert!(at(29).can_go_back_to(at(23)));
        assert!(!at(29).can_go_back_to(at(22)));
        assert!(!at(30).can_go_back_to(at(29)));
        assert!(at(31).can_go_back_to(at(30)));
    }
}
