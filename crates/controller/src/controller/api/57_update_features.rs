//! UpdateFeatures, API key 57: features are turned on and off, and brought to other levels (KIP-584).

use std::collections::BTreeMap;

use ottla_record::Timestamp;
use ottla_wire::api::update_features::{
    FeatureUpdateKey, UpdatableFeatureResult, UpdateFeaturesRequest, UpdateFeaturesResponse,
};
use ottla_wire::metadata::feature_level::FeatureLevelRecord;
use ottla_wire::{ErrorCode, KafkaString};

use crate::controller::Controller;
use crate::controller::error::ApiError;
use crate::features::{
    ELIGIBLE_LEADER_REPLICAS_VERSION, Feature, KRAFT_VERSION, METADATA_VERSION, MetadataVersion, VersionRange,
};
use crate::outcome::{Outcome, VersionedRecord};

/// What a user allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UpgradeType {
    Unknown,
    Upgrade,
    SafeDowngrade,
    UnsafeDowngrade,
}

impl UpgradeType {
    fn from_id(id: i8) -> Self {
        match id {
            1 => Self::Upgrade,
            2 => Self::SafeDowngrade,
            3 => Self::UnsafeDowngrade,
            _ => Self::Unknown,
        }
    }
}

impl Controller {
    /// UpdateFeatures, of any version: either all features are updated or none.
    pub fn handle_update_features(
        &mut self,
        _now: Timestamp,
        request: &UpdateFeaturesRequest,
        version: i16,
    ) -> Outcome<UpdateFeaturesResponse> {
        let records = match self.update_features(request) {
            Ok(records) => records,
            Err(error) => return Outcome::unchanged(refusal(&error)),
        };
        // Later versions tell of the whole only.
        let updates = if version <= 1 { request.feature_updates.as_slice() } else { &[] };
        let result = |update: &FeatureUpdateKey| UpdatableFeatureResult {
            feature: update.feature.clone(),
            error_message: Some(KafkaString::from_static("NONE")),
            ..UpdatableFeatureResult::default()
        };
        let response = UpdateFeaturesResponse {
            error_message: None,
            results: updates.iter().map(result).collect(),
            ..UpdateFeaturesResponse::default()
        };
        let records = if request.validate_only { Vec::new() } else { records };
        Outcome::atomic(records, response)
    }

    fn update_features(&self, request: &UpdateFeaturesRequest) -> Result<Vec<VersionedRecord>, ApiError> {
        let current = self.metadata_version()?;
        let mut proposed = self.image.features().all_levels();
        for update in &request.feature_updates {
            proposed.insert(update.feature.to_string(), update.max_version_level);
        }
        let mut records = Vec::new();
        if proposed.get(ELIGIBLE_LEADER_REPLICAS_VERSION).is_some_and(|&level| level > 0)
            && request
                .feature_updates
                .iter()
                .any(|update| update.feature.as_str() == ELIGIBLE_LEADER_REPLICAS_VERSION)
        {
            records = self.elr_safety_records();
        }
        for update in &request.feature_updates {
            records.extend(self.update_feature(current, update, &proposed)?);
        }
        Ok(records)
    }

    fn update_feature(
        &self,
        current_version: MetadataVersion,
        update: &FeatureUpdateKey,
        proposed: &BTreeMap<String, i16>,
    ) -> Result<Option<VersionedRecord>, ApiError> {
        let (name, level) = (update.feature.as_str(), update.max_version_level);
        let invalid = |reason: String| invalid_update(name, level, &reason);
        let upgrade_type = UpgradeType::from_id(update.upgrade_type);
        if upgrade_type == UpgradeType::Unknown {
            return Err(invalid("The controller does not support the given upgrade type.".to_owned()));
        }
        let current = match name {
            METADATA_VERSION => current_version.level(),
            KRAFT_VERSION => self.options.kraft_version,
            other => self.image.features().level(other),
        };
        if level < 0 {
            return Err(invalid("A feature version cannot be less than 0.".to_owned()));
        }
        self.check_supported(current_version, name, level).map_err(invalid)?;
        if level < current && upgrade_type == UpgradeType::Upgrade {
            return Err(invalid(
                "Can't downgrade the version of this feature without setting the upgrade type to either safe or \
                 unsafe downgrade."
                    .to_owned(),
            ));
        }
        if level > current && upgrade_type != UpgradeType::Upgrade {
            return Err(invalid("Can't downgrade to a newer version.".to_owned()));
        }
        match name {
            METADATA_VERSION => check_metadata_version(current_version, level, upgrade_type)?,
            KRAFT_VERSION if level == current => return Ok(None),
            // The level of the quorum's own records is changed by a control record of the quorum, not here.
            KRAFT_VERSION => {
                return Err(invalid("the quorum cannot change the version of this feature".to_owned()));
            }
            other => {
                let feature = Feature::from_name(other)
                    .ok_or_else(|| invalid("No feature is called so.".to_owned()))?;
                feature.check_level(level, proposed).map_err(invalid)?;
            }
        }
        let record = FeatureLevelRecord {
            name: update.feature.clone(),
            feature_level: level,
            ..FeatureLevelRecord::default()
        };
        Ok(Some(VersionedRecord::new(record, 0)))
    }

    /// Every node of the cluster must be able to run the level.
    fn check_supported(&self, current: MetadataVersion, name: &str, level: i16) -> Result<(), String> {
        let own_id = self.options.node_id;
        let own = self.options.supported_features.get(name).copied();
        supports(&format!("Local controller {own_id}"), own, level)?;
        let cluster = self.image.cluster();
        for broker in cluster.brokers.values() {
            let range = broker.supported_features.get(name).copied();
            supports(&format!("Broker {}", broker.id), range, level)?;
        }
        if !current.has_controller_registrations() {
            return Ok(());
        }
        for controller in cluster.controllers.values().filter(|controller| controller.id != own_id) {
            let range = controller.supported_features.get(name).copied();
            supports(&format!("Controller {}", controller.id), range, level)?;
        }
        let is_unknown = |id: &&i32| **id != own_id && !cluster.controllers.contains_key(id);
        match self.options.quorum_node_ids.iter().find(is_unknown) {
            None => Ok(()),
            Some(id) => Err(format!("controller {id} has not registered, and may not support this feature")),
        }
    }
}

fn supports(who: &str, range: Option<VersionRange>, level: i16) -> Result<(), String> {
    let range = range.unwrap_or(VersionRange::DISABLED);
    if range.contains(level) {
        return Ok(());
    }
    if range.max == 0 {
        return Err(format!("{who} does not support this feature."));
    }
    Err(format!("{who} only supports versions {range}"))
}

fn check_metadata_version(
    current: MetadataVersion,
    level: i16,
    upgrade_type: UpgradeType,
) -> Result<(), ApiError> {
    let Some(new) = MetadataVersion::from_level(level) else {
        let message = format!(
            "Invalid metadata.version {level}. Valid versions are from {} to {}.",
            MetadataVersion::MINIMUM.level(),
            MetadataVersion::LATEST_TESTING.level()
        );
        return Err(ApiError::new(ErrorCode::InvalidUpdateVersion, message));
    };
    if new >= current || current.can_go_back_to(new) {
        return Ok(());
    }
    let reason = match upgrade_type {
        UpgradeType::UnsafeDowngrade => "Unsafe metadata downgrade is not supported in this version.",
        _ => "Refusing to perform the requested downgrade because it might delete metadata information.",
    };
    let message =
        format!("Unsupported metadata.version downgrade from {} to {level}. {reason}", current.level());
    Err(ApiError::new(ErrorCode::InvalidUpdateVersion, message))
}

fn invalid_update(name: &str, level: i16, reason: &str) -> ApiError {
    let message = format!("Invalid update version {level} for feature {name}. {reason}");
    ApiError::new(ErrorCode::InvalidUpdateVersion, message)
}

fn refusal(error: &ApiError) -> UpdateFeaturesResponse {
    let message = error.message.as_deref().unwrap_or_default();
    let message =
        format!("The update failed for all features since the following feature had an error: {message}");
    UpdateFeaturesResponse {
        error_code: error.code.number(),
        error_message: Some(KafkaString::from(message)),
        ..UpdateFeaturesResponse::default()
    }
}
