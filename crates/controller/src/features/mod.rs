//! The features that a cluster turns on by level (KIP-584, KIP-1022), and which of them Kafka 4.3 knows.
//!
//! `metadata.version` says what the metadata log may hold; see [`MetadataVersion`]. Each other feature is a [`Feature`] of its own.

mod metadata_version;

use std::collections::BTreeMap;

pub use metadata_version::{Compatibility, METADATA_VERSION, MetadataVersion};

/// Name of the feature of the quorum's own records.
pub const KRAFT_VERSION: &str = "kraft.version";
/// Name of the feature of transactions.
pub const TRANSACTION_VERSION: &str = "transaction.version";
/// Name of the feature of consumer groups (KIP-848).
pub const GROUP_VERSION: &str = "group.version";
/// Name of the feature of eligible leader replicas (KIP-966).
pub const ELIGIBLE_LEADER_REPLICAS_VERSION: &str = "eligible.leader.replicas.version";
/// Name of the feature of share groups (KIP-932).
pub const SHARE_VERSION: &str = "share.version";
/// Name of the feature of streams groups (KIP-1071).
pub const STREAMS_VERSION: &str = "streams.version";

/// The levels of a feature that a node can run, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionRange {
    /// Lowest level.
    pub min: i16,
    /// Highest level.
    pub max: i16,
}

impl VersionRange {
    /// What a node supports of a feature that it does not name.
    pub const DISABLED: Self = Self { min: 0, max: 0 };

    /// Whether the level lies within.
    pub const fn contains(self, level: i16) -> bool {
        self.min <= level && level <= self.max
    }
}

/// As Kafka's error messages have it: one number where both ends are the same.
impl std::fmt::Display for VersionRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.min == self.max { write!(f, "{}", self.min) } else { write!(f, "{}-{}", self.min, self.max) }
    }
}

/// One level of a feature.
#[derive(Debug)]
pub struct FeatureLevel {
    /// The level.
    pub level: i16,
    /// The `metadata.version` from which on a new cluster has at least this level.
    pub bootstrap: MetadataVersion,
    /// Levels of other features that this level needs.
    pub dependencies: &'static [(&'static str, i16)],
}

/// A feature besides `metadata.version`.
#[derive(Debug)]
pub struct Feature {
    /// Its name in records and requests.
    pub name: &'static str,
    /// Its levels, from 0 upwards without a gap.
    pub levels: &'static [FeatureLevel],
    /// The highest level that is meant for use.
    pub latest_production: i16,
}

const fn level(level: i16, bootstrap: MetadataVersion) -> FeatureLevel {
    FeatureLevel { level, bootstrap, dependencies: &[] }
}

const OFF: FeatureLevel = level(0, MetadataVersion::MINIMUM);

impl Feature {
    /// Every feature of Kafka 4.3, in the order in which its tools list them.
    pub const ALL: &'static [Self] = &[
        Self {
            name: KRAFT_VERSION,
            levels: &[OFF, level(1, MetadataVersion::V3_9_IV0)],
            latest_production: 1,
        },
        Self {
            name: TRANSACTION_VERSION,
            levels: &[OFF, level(1, MetadataVersion::V4_0_IV2), level(2, MetadataVersion::V4_0_IV2)],
            latest_production: 2,
        },
        Self {
            name: GROUP_VERSION,
            levels: &[OFF, level(1, MetadataVersion::V4_0_IV0)],
            latest_production: 1,
        },
        Self {
            name: ELIGIBLE_LEADER_REPLICAS_VERSION,
            levels: &[
                OFF,
                FeatureLevel {
                    level: 1,
                    bootstrap: MetadataVersion::V4_1_IV0,
                    dependencies: &[(METADATA_VERSION, MetadataVersion::V4_0_IV1.level())],
                },
            ],
            latest_production: 1,
        },
        Self {
            name: SHARE_VERSION,
            levels: &[OFF, level(1, MetadataVersion::V4_2_IV0)],
            latest_production: 1,
        },
        Self {
            name: STREAMS_VERSION,
            levels: &[OFF, level(1, MetadataVersion::V4_2_IV1)],
            latest_production: 1,
        },
    ];

    /// The feature of a name; none for `metadata.version`, which is no [`Feature`], and for unknown ones.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|feature| feature.name == name)
    }

    /// The level that a new cluster of this `metadata.version` has, unless told otherwise.
    pub fn default_level(&self, version: MetadataVersion) -> i16 {
        let reached = self.levels.iter().take_while(|level| level.bootstrap <= version);
        reached.last().map_or(0, |level| level.level)
    }

    /// The levels that a node of 4.3 supports.
    pub fn supported(&self) -> VersionRange {
        VersionRange { min: 0, max: self.latest_production }
    }

    /// Checks that the feature may have `level` beside the levels of other features, `metadata.version` among them.
    ///
    /// # Errors
    /// If there is no such level or it needs another feature at a higher level, in Kafka's words.
    pub fn check_level(&self, level: i16, others: &BTreeMap<String, i16>) -> Result<(), String> {
        let name = self.name;
        let Some(wanted) = self.levels.iter().find(|known| known.level == level) else {
            return Err(format!("No feature:{name} with feature level {level}"));
        };
        let has = |name: &str, least: i16| others.get(name).is_some_and(|&level| level >= least);
        let minimum = MetadataVersion::MINIMUM;
        if level >= 1 && !has(METADATA_VERSION, minimum.level()) {
            return Err(format!(
                "{name} could not be set to {level} because it depends on {METADATA_VERSION}={} ({minimum})",
                minimum.level()
            ));
        }
        match wanted.dependencies.iter().find(|(other, least)| !has(other, *least)) {
            None => Ok(()),
            Some((other, least)) => {
                Err(format!("{name} could not be set to {level} because it depends on {other} level {least}"))
            }
        }
    }
}

/// The levels of all features that a node of 4.3 supports, as it registers them; those that may still change only with
/// `unstable_versions` (`unstable.feature.versions.enable`). Of these there are some of `metadata.version` alone.
pub fn supported_features(unstable_versions: bool) -> BTreeMap<String, VersionRange> {
    let latest = match unstable_versions {
        true => MetadataVersion::LATEST_TESTING,
        false => MetadataVersion::LATEST_PRODUCTION,
    };
    let metadata = VersionRange { min: MetadataVersion::MINIMUM.level(), max: latest.level() };
    let mut features: BTreeMap<_, _> =
        Feature::ALL.iter().map(|feature| (feature.name.to_owned(), feature.supported())).collect();
    features.insert(METADATA_VERSION.to_owned(), metadata);
    features
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_may_still_change_are_supported_where_that_is_asked_for() {
        let max = |unstable_versions| supported_features(unstable_versions)[METADATA_VERSION].max;
        assert_eq!(max(false), MetadataVersion::LATEST_PRODUCTION.level());
        assert_eq!(max(true), MetadataVersion::LATEST_TESTING.level());
    }

    #[test]
    fn defaults_follow_the_release() {
        let levels = |name: &str| -> Vec<i16> {
            let version = MetadataVersion::from_name(name).unwrap();
            Feature::ALL.iter().map(|feature| feature.default_level(version)).collect()
        };
        assert_eq!(levels("3.8"), [0, 0, 0, 0, 0, 0]);
        assert_eq!(levels("4.0"), [1, 2, 1, 0, 0, 0]);
        assert_eq!(levels("4.1"), [1, 2, 1, 1, 0, 0]);
        assert_eq!(levels("4.3"), [1, 2, 1, 1, 1, 1]);
    }

    #[test]
    fn a_level_needs_its_dependencies() {
        let elr = Feature::from_name(ELIGIBLE_LEADER_REPLICAS_VERSION).unwrap();
        let at = |level: i16| BTreeMap::from([(METADATA_VERSION.to_owned(), level)]);
        assert_eq!(elr.check_level(1, &at(23)), Ok(()));
        assert_eq!(elr.check_level(0, &at(22)), Ok(()));
        assert_eq!(
            elr.check_level(1, &at(22)).unwrap_err(),
            "eligible.leader.replicas.version could not be set to 1 because it depends on metadata.version level 23"
        );
        assert_eq!(
            elr.check_level(2, &at(30)).unwrap_err(),
            "No feature:eligible.leader.replicas.version with feature level 2"
        );
        let group = Feature::from_name(GROUP_VERSION).unwrap();
        assert_eq!(
            group.check_level(1, &BTreeMap::new()).unwrap_err(),
            "group.version could not be set to 1 because it depends on metadata.version=7 (3.3-IV3)"
        );
    }

    #[test]
    fn every_default_is_a_level_that_is_allowed() {
        for version in MetadataVersion::all() {
            let mut levels: BTreeMap<String, i16> =
                Feature::ALL.iter().map(|f| (f.name.to_owned(), f.default_level(version))).collect();
            levels.insert(METADATA_VERSION.to_owned(), version.level());
            for feature in Feature::ALL {
                assert_eq!(feature.check_level(levels[feature.name], &levels), Ok(()));
                assert!(feature.default_level(version) <= feature.latest_production);
            }
        }
    }
}
