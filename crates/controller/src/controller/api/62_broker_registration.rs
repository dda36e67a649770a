//! BrokerRegistration, API key 62: a broker joins the cluster, fenced until it has caught up.

use std::collections::BTreeSet;

use ottla_record::{Offset, Timestamp};
use ottla_wire::api::broker_registration::{
    BrokerRegistrationRequest, BrokerRegistrationResponse, Feature, Listener,
};
use ottla_wire::metadata::register_broker::{BrokerEndpoint, BrokerFeature, RegisterBrokerRecord};
use ottla_wire::{ErrorCode, Uuid};

use crate::controller::Controller;
use crate::controller::error::ApiError;
use crate::controller::index::is_reserved;
use crate::features::{KRAFT_VERSION, METADATA_VERSION, MetadataVersion, VersionRange};
use crate::image::security_protocol;
use crate::outcome::{Outcome, VersionedRecord};

/// From this version on a broker tells the epoch it had when it stopped in order, so that its records are known to be all there.
const TELLS_PREVIOUS_EPOCH: i16 = 3;

impl Controller {
    /// BrokerRegistration. `next_offset` is that of the next record to be appended; it becomes the epoch of a new registration.
    pub fn handle_broker_registration(
        &mut self,
        now: Timestamp,
        request: &BrokerRegistrationRequest,
        version: i16,
        next_offset: Offset,
    ) -> Outcome<BrokerRegistrationResponse> {
        self.register_broker(now, request, version, next_offset).unwrap_or_else(|error| {
            let (broker, reason) = (request.broker_id, error.message.as_deref().unwrap_or_default());
            tracing::info!(broker, code = error.code.name(), reason, "a broker's registration was refused");
            Outcome::unchanged(BrokerRegistrationResponse {
                error_code: error.code.number(),
                ..BrokerRegistrationResponse::default()
            })
        })
    }

    fn register_broker(
        &self,
        now: Timestamp,
        request: &BrokerRegistrationRequest,
        request_version: i16,
        next_offset: Offset,
    ) -> Result<Outcome<BrokerRegistrationResponse>, ApiError> {
        let version = self.metadata_version()?;
        self.check_identity(now, request)?;
        if version.has_directories() {
            self.check_directories(request)?;
        }
        self.check_features(version, &request.features)?;
        let mut record = RegisterBrokerRecord {
            broker_id: request.broker_id,
            incarnation_id: request.incarnation_id,
            rack: request.rack.clone(),
            end_points: endpoints(&request.listeners)?,
            features: request.features.iter().map(feature).collect(),
            log_dirs: if version.has_directories() { request.log_dirs.clone() } else { Vec::new() },
            fenced: true,
            ..RegisterBrokerRecord::default()
        };
        let mut records = Vec::new();
        match self.image.cluster().broker(request.broker_id) {
            Some(same) if same.incarnation_id == request.incarnation_id => {
                record.broker_epoch = same.epoch;
                record.fenced = same.fenced;
                record.in_controlled_shutdown = same.in_controlled_shutdown;
            }
            other => {
                record.broker_epoch = next_offset.0;
                let stored_epoch = other.map(|registration| registration.epoch);
                let was_clean = request_version >= TELLS_PREVIOUS_EPOCH
                    && stored_epoch == Some(request.previous_broker_epoch);
                self.follow_restart(version, request.broker_id, was_clean, &mut records);
            }
        }
        let response = BrokerRegistrationResponse {
            broker_epoch: record.broker_epoch,
            ..BrokerRegistrationResponse::default()
        };
        records.push(VersionedRecord::new(record, version.register_broker_record_version()));
        Ok(Outcome::splittable(records, response))
    }

    fn check_identity(&self, now: Timestamp, request: &BrokerRegistrationRequest) -> Result<(), ApiError> {
        let expected = &self.options.cluster_id;
        if request.cluster_id.as_str() != expected {
            let message =
                format!("Expected cluster ID {expected}, but got cluster ID {}", request.cluster_id);
            return Err(ApiError::new(ErrorCode::InconsistentClusterId, message));
        }
        let is_alive =
            self.active.as_ref().is_some_and(|active| active.sessions.is_alive(now, request.broker_id));
        let existing = self.image.cluster().broker(request.broker_id);
        if is_alive && existing.is_some_and(|existing| existing.incarnation_id != request.incarnation_id) {
            return Err(ApiError::new(
                ErrorCode::DuplicateBrokerRegistration,
                "Another broker is registered with that broker id. If the broker was recently restarted this should \
                 self-resolve once the heartbeat manager expires the broker's session.",
            ));
        }
        if request.is_migrating_zk_broker {
            let message = "Controller does not support registering ZK brokers.";
            return Err(ApiError::new(ErrorCode::BrokerIdNotRegistered, message));
        }
        Ok(())
    }

    fn check_directories(&self, request: &BrokerRegistrationRequest) -> Result<(), ApiError> {
        let invalid = |message: String| Err(ApiError::new(ErrorCode::InvalidRegistration, message));
        let directories: BTreeSet<Uuid> = request.log_dirs.iter().copied().collect();
        if directories.is_empty() {
            return invalid("No directories specified in request".to_owned());
        }
        if directories.iter().any(|&directory| is_reserved(directory)) {
            return invalid("Reserved directory ID in request".to_owned());
        }
        if directories.len() != request.log_dirs.len() {
            return invalid("Duplicate directory ID in request".to_owned());
        }
        let mut of_others = self.image.cluster().directories();
        match of_others.find(|(id, broker)| *broker != request.broker_id && directories.contains(id)) {
            None => Ok(()),
            Some((directory, broker)) => {
                invalid(format!("Broker {broker} is already registered with directory {directory}"))
            }
        }
    }

    /// The broker must be able to run every feature at the level in force; what it does not name it runs at level 0 only.
    fn check_features(&self, version: MetadataVersion, features: &[Feature]) -> Result<(), ApiError> {
        let mut finalized = self.image.features().all_levels();
        finalized.insert(METADATA_VERSION.to_owned(), version.level());
        finalized.insert(KRAFT_VERSION.to_owned(), self.options.kraft_version);
        let range = |feature: &Feature| VersionRange {
            min: feature.min_supported_version,
            max: feature.max_supported_version,
        };
        for feature in features {
            let level = finalized.remove(feature.name.as_str()).unwrap_or(0);
            check_level(&feature.name, range(feature), level)?;
        }
        if finalized.contains_key(METADATA_VERSION) {
            let message = format!("Request features do not contain '{METADATA_VERSION}'");
            return Err(ApiError::new(ErrorCode::InvalidRegistration, message));
        }
        finalized.iter().try_for_each(|(name, &level)| check_level(name, VersionRange::DISABLED, level))
    }
}

fn check_level(name: &str, range: VersionRange, level: i16) -> Result<(), ApiError> {
    if range.contains(level) {
        return Ok(());
    }
    let message = format!(
        "Unable to register because the broker does not support finalized version {level} of {name}. The broker \
         wants a version between {} and {}, inclusive.",
        range.min, range.max
    );
    Err(ApiError::new(ErrorCode::UnsupportedVersion, message))
}

fn endpoints(listeners: &[Listener]) -> Result<Vec<BrokerEndpoint>, ApiError> {
    let endpoint = |listener: &Listener| {
        let (protocol, name) = (listener.security_protocol, &listener.name);
        if security_protocol(protocol).is_none() {
            let message = format!("Unknown security protocol {protocol} in listener {name}");
            return Err(ApiError::new(ErrorCode::UnknownServerError, message));
        }
        Ok(BrokerEndpoint {
            name: name.clone(),
            host: listener.host.clone(),
            port: listener.port,
            security_protocol: protocol,
            ..BrokerEndpoint::default()
        })
    };
    listeners.iter().map(endpoint).collect()
}

fn feature(feature: &Feature) -> BrokerFeature {
    BrokerFeature {
        name: feature.name.clone(),
        min_supported_version: feature.min_supported_version,
        max_supported_version: feature.max_supported_version,
        ..BrokerFeature::default()
    }
}
