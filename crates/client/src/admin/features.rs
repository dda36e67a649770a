//! Features of the cluster (KIP-584): described by ApiVersions, changed by UpdateFeatures.

use std::collections::BTreeMap;

use ottla_wire::api::update_features::{FeatureUpdateKey, UpdateFeaturesRequest};
use ottla_wire::{ErrorCode, KafkaString, Versions};

use super::{Admin, Results, outcome};
use crate::client::{CallOptions, Target};
use crate::error::{ApiError, ClientError};
use crate::net::NodeVersions;

/// Features as one node tells of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// The levels that the node supports: lowest and highest.
    pub supported: BTreeMap<KafkaString, (i16, i16)>,
    /// The levels in force across the cluster; `None` if the node does not know.
    pub finalized: Option<FinalizedFeatures>,
}

/// The levels in force across the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalizedFeatures {
    /// Offset of the metadata at which they hold.
    pub epoch: i64,
    /// Lowest and highest level of each; they are the same in practice.
    pub levels: BTreeMap<KafkaString, (i16, i16)>,
}

/// How far a change may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i8)]
pub enum UpgradeType {
    /// Only upwards.
    Upgrade = 1,
    /// Downwards as long as nothing is lost.
    SafeDowngrade = 2,
    /// Downwards even if something is lost.
    UnsafeDowngrade = 3,
}

/// A change of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateFeature {
    /// The level to come; 0 to turn the feature off.
    pub level: i16,
    /// How far the change may go.
    pub upgrade_type: UpgradeType,
}

impl Features {
    fn of(versions: &NodeVersions) -> Self {
        let response = versions.response();
        let supported = response.supported_features.iter();
        let levels = response.finalized_features.iter();
        let epoch = response.finalized_features_epoch;
        Self {
            supported: supported.map(|f| (f.name.clone(), (f.min_version, f.max_version))).collect(),
            finalized: (epoch >= 0).then(|| FinalizedFeatures {
                epoch,
                levels: levels
                    .map(|f| (f.name.clone(), (f.min_version_level, f.max_version_level)))
                    .collect(),
            }),
        }
    }
}

impl Admin {
    /// Features as a node tells of them: this one, or any.
    ///
    /// # Errors
    ///
    /// The node could not be asked.
    pub async fn describe_features(&self, node: Option<i32>) -> Result<Features, ClientError> {
        use ottla_wire::api::api_versions::ApiVersionsRequest;
        let target = node.map_or(Target::Any, Target::Broker);
        let request = ApiVersionsRequest {
            client_software_name: KafkaString::from_static("ottla"),
            client_software_version: KafkaString::from_static(env!("CARGO_PKG_VERSION")),
            ..ApiVersionsRequest::default()
        };
        let versions = Versions::new(3, i16::MAX);
        let call = CallOptions { versions, ..self.options() };
        let response = self.client.call(&target, call, |_| request.clone(), |_| ErrorCode::None).await?;
        ApiError::check(response.error_code, None)?;
        Ok(Features::of(&NodeVersions::new(response)))
    }

    /// Changes features, all together or none.
    ///
    /// # Errors
    ///
    /// The whole request failed; the results say which feature did not fit, where nodes still tell.
    pub async fn update_features(
        &self,
        updates: &BTreeMap<KafkaString, UpdateFeature>,
        validate_only: bool,
    ) -> Result<Results<KafkaString, ()>, ClientError> {
        let call = CallOptions {
            versions: if validate_only { Versions::new(1, i16::MAX) } else { Versions::ALL },
            ..self.options()
        };
        let request = |version| UpdateFeaturesRequest {
            timeout_ms: self.timeout_ms(),
            feature_updates: updates.iter().map(|(name, update)| key(name, *update, version)).collect(),
            validate_only,
            ..UpdateFeaturesRequest::default()
        };
        let target = Target::Controller;
        let response =
            self.client.call(&target, call, request, |response| ErrorCode::from(response.error_code)).await?;
        ApiError::check(response.error_code, response.error_message.as_ref())?;
        let mut results: Results<KafkaString, ()> =
            updates.keys().map(|feature| (feature.clone(), Ok(()))).collect();
        for result in &response.results {
            let told = outcome(result.error_code, result.error_message.as_ref());
            results.insert(result.feature.clone(), told);
        }
        Ok(results)
    }
}

/// Version 0 has a flag in place of the kind of change.
fn key(name: &KafkaString, update: UpdateFeature, version: i16) -> FeatureUpdateKey {
    let mut key = FeatureUpdateKey {
        feature: name.clone(),
        max_version_level: update.level,
        ..FeatureUpdateKey::default()
    };
    if version == 0 {
        key.allow_downgrade = update.upgrade_type != UpgradeType::Upgrade;
    } else {
        key.upgrade_type = update.upgrade_type as i8;
    }
    key
}
