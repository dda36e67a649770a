//! Which levels of features a new cluster begins with.

use std::collections::BTreeMap;

use ottla_controller::features::{Feature, KRAFT_VERSION, METADATA_VERSION, MetadataVersion};
use thiserror::Error;

/// Levels that cannot be; the texts are Kafka's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the message says it")]
pub enum FeatureLevelError {
    #[error("Use --release-version instead of --feature {METADATA_VERSION}=X to avoid ambiguity.")]
    Ambiguous,
    #[error("No MetadataVersion with feature level {0}. Valid feature levels are from {min} to {max}.", min = MetadataVersion::MINIMUM.level(), max = MetadataVersion::LATEST_TESTING.level())]
    NoMetadataVersion(i16),
    #[error("{METADATA_VERSION} {0} is not yet stable.")]
    Unstable(MetadataVersion),
    #[error("Unsupported feature: {name}. Supported features are: {supported}")]
    Unsupported { name: String, supported: String },
    #[error(
        "Cannot set kraft.version to 0 if controller.quorum.voters is empty and one of the flags \
         --standalone, --initial-controllers, or --no-initial-controllers is used. For dynamic controllers \
         support, try removing the --feature flag for kraft.version."
    )]
    StaticVersionOfDynamicQuorum,
    #[error(
        "Cannot set kraft.version to {0} unless controller.quorum.voters is empty and one of the flags \
         --standalone, --initial-controllers, or --no-initial-controllers is used. For dynamic controllers \
         support, try using one of --standalone, --initial-controllers, or --no-initial-controllers and \
         removing controller.quorum.voters."
    )]
    DynamicVersionOfStaticQuorum(i16),
    /// A level that the feature does not have, or one that needs another feature.
    #[error("{0}")]
    Level(String),
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) release_version: Option<MetadataVersion>,
    pub(super) levels: &'a BTreeMap<String, i16>,
    pub(super) unstable_versions: bool,
    pub(super) dynamic_quorum: bool,
}

impl Wanted<'_> {
    /// The `metadata.version` that the defaults of the others follow.
    pub(super) fn metadata_version(&self) -> Result<MetadataVersion, FeatureLevelError> {
        let version = match (self.levels.get(METADATA_VERSION), self.release_version) {
            (Some(_), Some(_)) => return Err(FeatureLevelError::Ambiguous),
            (Some(&level), None) => {
                MetadataVersion::from_level(level).ok_or(FeatureLevelError::NoMetadataVersion(level))?
            }
            (None, Some(version)) => version,
            (None, None) if self.unstable_versions => MetadataVersion::LATEST_TESTING,
            (None, None) => MetadataVersion::LATEST_PRODUCTION,
        };
        if version.is_production() || self.unstable_versions {
            Ok(version)
        } else {
            Err(FeatureLevelError::Unstable(version))
        }
    }

    /// The level of every feature.
    pub(super) fn all_levels(
        &self,
        version: MetadataVersion,
    ) -> Result<BTreeMap<String, i16>, FeatureLevelError> {
        for name in self.levels.keys().filter(|name| *name != METADATA_VERSION) {
            if Feature::from_name(name).is_none() {
                let mut supported: Vec<&str> = Feature::ALL.iter().map(|feature| feature.name).collect();
                supported.sort_unstable();
                return Err(FeatureLevelError::Unsupported {
                    name: name.clone(),
                    supported: supported.join(", "),
                });
            }
        }
        let mut levels = self.levels.clone();
        levels.insert(METADATA_VERSION.to_owned(), version.level());
        levels.insert(KRAFT_VERSION.to_owned(), self.kraft_version()?);
        for feature in Feature::ALL {
            levels.entry(feature.name.to_owned()).or_insert_with(|| feature.default_level(version));
        }
        for feature in Feature::ALL {
            feature.check_level(levels[feature.name], &levels).map_err(FeatureLevelError::Level)?;
        }
        Ok(levels)
    }

    /// The quorum's version follows from its kind alone, whatever the release.
    fn kraft_version(&self) -> Result<i16, FeatureLevelError> {
        match (self.levels.get(KRAFT_VERSION), self.dynamic_quorum) {
            (Some(0), true) => Err(FeatureLevelError::StaticVersionOfDynamicQuorum),
            (Some(&level), false) if level != 0 => {
                Err(FeatureLevelError::DynamicVersionOfStaticQuorum(level))
            }
            (Some(&level), _) => Ok(level),
            (None, dynamic) => Ok(i16::from(dynamic)),
        }
    }
}
