//! Finalized levels of features.

use std::collections::BTreeMap;

use ottla_wire::KafkaString;
use ottla_wire::metadata::feature_level::FeatureLevelRecord;

use super::error::ReplayError;
use crate::features::{
    ELIGIBLE_LEADER_REPLICAS_VERSION, Feature, KRAFT_VERSION, METADATA_VERSION, MetadataVersion,
};
use crate::outcome::VersionedRecord;

/// The levels in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeaturesImage {
    metadata_version: Option<MetadataVersion>,
    finalized: BTreeMap<KafkaString, i16>,
}

impl FeaturesImage {
    /// The `metadata.version`; none before the first record of a cluster.
    pub fn metadata_version(&self) -> Option<MetadataVersion> {
        self.metadata_version
    }

    /// The level of a feature besides `metadata.version`; 0 if it is off.
    pub fn level(&self, name: &str) -> i16 {
        self.finalized.get(name).copied().unwrap_or(0)
    }

    /// The levels of all features that are on, besides `metadata.version`.
    pub fn levels(&self) -> impl Iterator<Item = (&KafkaString, i16)> {
        self.finalized.iter().map(|(name, &level)| (name, level))
    }

    /// The levels of all features that are on, `metadata.version` among them, as ApiVersions tells them.
    pub fn all_levels(&self) -> BTreeMap<String, i16> {
        let mut levels: BTreeMap<_, _> =
            self.levels().map(|(name, level)| (name.to_string(), level)).collect();
        levels.extend(self.metadata_version.map(|version| (METADATA_VERSION.to_owned(), version.level())));
        levels
    }

    /// Whether eligible leader replicas are kept (KIP-966).
    pub fn is_elr_enabled(&self) -> bool {
        self.level(ELIGIBLE_LEADER_REPLICAS_VERSION) >= 1
    }

    pub(super) fn replay(&mut self, record: &FeatureLevelRecord) -> Result<(), ReplayError> {
        let level = record.feature_level;
        match record.name.as_str() {
            METADATA_VERSION => {
                let version =
                    MetadataVersion::from_level(level).ok_or(ReplayError::MetadataVersion(level))?;
                self.metadata_version = Some(version);
            }
            // Its level stands in the control records of the quorum.
            KRAFT_VERSION => {}
            name if level == 0 => drop(self.finalized.remove(name)),
            name => {
                let known = Feature::from_name(name)
                    .is_some_and(|feature| feature.levels.iter().any(|known| known.level == level));
                if !known {
                    return Err(ReplayError::FeatureLevel { name: name.to_owned(), level });
                }
                self.finalized.insert(record.name.detach(), level);
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, version: MetadataVersion, records: &mut Vec<VersionedRecord>) {
        let record = |name: KafkaString, feature_level| {
            let record = FeatureLevelRecord { name, feature_level, ..FeatureLevelRecord::default() };
            VersionedRecord::new(record, 0)
        };
        records.push(record(KafkaString::from_static(METADATA_VERSION), version.level()));
        records.extend(self.levels().map(|(name, level)| record(name.clone(), level)));
    }
}
