//! UnregisterBroker, API key 64: takes a broker out of the cluster.

use ottla_record::Timestamp;
use ottla_wire::ErrorCode;
use ottla_wire::api::unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};

use crate::controller::Controller;
use crate::controller::error::{ApiError, check_size, told};
use crate::outcome::{Outcome, VersionedRecord};

impl Controller {
    /// UnregisterBroker: takes a broker out of the cluster, fenced or not.
    pub fn handle_unregister_broker(
        &mut self,
        _now: Timestamp,
        request: &UnregisterBrokerRequest,
    ) -> Outcome<UnregisterBrokerResponse> {
        let result = self.unregister_broker(request.broker_id);
        let (error_code, error_message) = told(&result);
        let response =
            UnregisterBrokerResponse { error_code, error_message, ..UnregisterBrokerResponse::default() };
        Outcome::splittable(result.unwrap_or_default(), response)
    }

    fn unregister_broker(&self, broker: i32) -> Result<Vec<VersionedRecord>, ApiError> {
        let version = self.metadata_version()?;
        let Some(registration) = self.image.cluster().broker(broker) else {
            let message = format!("Broker ID {broker} is not currently registered");
            return Err(ApiError::new(ErrorCode::BrokerIdNotRegistered, message));
        };
        let mut records = Vec::new();
        self.unregister(version, broker, registration.epoch, &mut records);
        check_size(records.len())?;
        Ok(records)
    }
}
