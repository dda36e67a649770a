//! ControllerRegistration, API key 70: a controller says where it listens and what it supports (KIP-919).

use ottla_record::Timestamp;
use ottla_wire::ErrorCode;
use ottla_wire::api::controller_registration::{
    ControllerRegistrationRequest, ControllerRegistrationResponse, Feature, Listener,
};
use ottla_wire::metadata::register_controller::{
    ControllerEndpoint, ControllerFeature, RegisterControllerRecord,
};

use crate::controller::Controller;
use crate::controller::error::{ApiError, told};
use crate::image::security_protocol;
use crate::outcome::{Outcome, VersionedRecord};

impl Controller {
    /// ControllerRegistration: registers a controller, or does so again with other listeners or features.
    pub fn handle_controller_registration(
        &mut self,
        _now: Timestamp,
        request: &ControllerRegistrationRequest,
    ) -> Outcome<ControllerRegistrationResponse> {
        let result = self.register_controller(request);
        let (error_code, error_message) = told(&result);
        let response = ControllerRegistrationResponse {
            error_code,
            error_message,
            ..ControllerRegistrationResponse::default()
        };
        Outcome::atomic(result.into_iter().collect(), response)
    }

    fn register_controller(
        &self,
        request: &ControllerRegistrationRequest,
    ) -> Result<VersionedRecord, ApiError> {
        if !self.metadata_version()?.has_controller_registrations() {
            let message = "The current MetadataVersion is too old to support controller registrations.";
            return Err(ApiError::new(ErrorCode::UnsupportedVersion, message));
        }
        if let Some(unknown) =
            request.listeners.iter().find(|listener| security_protocol(listener.security_protocol).is_none())
        {
            let message = format!(
                "Unknown security protocol {} in listener {}",
                unknown.security_protocol, unknown.name
            );
            return Err(ApiError::new(ErrorCode::UnknownServerError, message));
        }
        let endpoint = |listener: &Listener| ControllerEndpoint {
            name: listener.name.clone(),
            host: listener.host.clone(),
            port: listener.port,
            security_protocol: listener.security_protocol,
            ..ControllerEndpoint::default()
        };
        let feature = |feature: &Feature| ControllerFeature {
            name: feature.name.clone(),
            min_supported_version: feature.min_supported_version,
            max_supported_version: feature.max_supported_version,
            ..ControllerFeature::default()
        };
        let record = RegisterControllerRecord {
            controller_id: request.controller_id,
            incarnation_id: request.incarnation_id,
            end_points: request.listeners.iter().map(endpoint).collect(),
            features: request.features.iter().map(feature).collect(),
            ..RegisterControllerRecord::default()
        };
        Ok(VersionedRecord::new(record, 0))
    }
}
