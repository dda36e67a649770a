//! IncrementalAlterConfigs, API key 44: single values of configurations are changed (KIP-339).

use ottla_config::{Change, Operation};
use ottla_record::Timestamp;
use ottla_wire::api::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, AlterableConfig, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::alter_configs::{Answer, Asked};
use crate::controller::error::ApiError;
use crate::controller::{Controller, Via};
use crate::outcome::Outcome;

impl Controller {
    /// IncrementalAlterConfigs: alters each resource that it can, and says of the others why it cannot. The log levels of a broker
    /// are that broker's own business, and refused here.
    pub fn handle_incremental_alter_configs(
        &mut self,
        _now: Timestamp,
        request: &IncrementalAlterConfigsRequest,
        via: Via,
    ) -> Outcome<IncrementalAlterConfigsResponse> {
        let asked = request.resources.iter().map(asked).collect();
        let outcome = self.alter_each(asked, via, request.validate_only);
        outcome.map(|answers| IncrementalAlterConfigsResponse {
            responses: answers.into_iter().map(response).collect(),
            ..IncrementalAlterConfigsResponse::default()
        })
    }
}

fn asked(resource: &AlterConfigsResource) -> Asked {
    Asked {
        resource_type: resource.resource_type,
        name: resource.resource_name.clone(),
        changes: resource.configs.iter().map(change).collect(),
        replaces_all: false,
    }
}

fn change(config: &AlterableConfig) -> Result<Change, ApiError> {
    let id = config.config_operation;
    let unknown = || ApiError::new(ErrorCode::InvalidRequest, format!("Unknown operation type {id}"));
    Ok(Change {
        name: config.name.to_string(),
        operation: Operation::from_id(id).ok_or_else(unknown)?,
        value: config.value.as_ref().map(KafkaString::to_string),
    })
}

fn response(answer: Answer) -> AlterConfigsResourceResponse {
    AlterConfigsResourceResponse {
        error_code: answer.error_code,
        error_message: answer.error_message,
        resource_type: answer.resource_type,
        resource_name: answer.name,
        ..AlterConfigsResourceResponse::default()
    }
}
