//! AlterConfigs, API key 33: whole configurations are replaced. Older than IncrementalAlterConfigs, which took its place.

use std::collections::BTreeMap;

use ottla_config::{Change, Operation};
use ottla_record::Timestamp;
use ottla_wire::api::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource, AlterConfigsResourceResponse, AlterConfigsResponse,
    AlterableConfig,
};
use ottla_wire::{ErrorCode, KafkaString};

use crate::controller::configs::{Alteration, replacing};
use crate::controller::error::{ApiError, check_size, told};
use crate::controller::{Controller, Via};
use crate::image::{ConfigResource, ConfigResourceType};
use crate::outcome::{Outcome, VersionedRecord};

/// What a request of either kind asks of one resource.
pub(super) struct Asked {
    pub(super) resource_type: i8,
    pub(super) name: KafkaString,
    pub(super) changes: Vec<Result<Change, ApiError>>,
    /// Whether values that are not mentioned go.
    pub(super) replaces_all: bool,
}

/// What is answered of one resource.
pub(super) struct Answer {
    pub(super) resource_type: i8,
    pub(super) name: KafkaString,
    pub(super) error_code: i16,
    pub(super) error_message: Option<KafkaString>,
}

impl Controller {
    /// AlterConfigs: replaces the configuration of each resource that it can, and says of the others why it cannot.
    pub fn handle_alter_configs(
        &mut self,
        _now: Timestamp,
        request: &AlterConfigsRequest,
        via: Via,
    ) -> Outcome<AlterConfigsResponse> {
        let asked = request.resources.iter().map(asked).collect();
        let outcome = self.alter_each(asked, via, request.validate_only);
        outcome.map(|answers| AlterConfigsResponse {
            responses: answers.into_iter().map(response).collect(),
            ..AlterConfigsResponse::default()
        })
    }

    /// Alters resources, each for itself. One that is named twice is not altered.
    pub(super) fn alter_each(
        &self,
        asked: Vec<Asked>,
        via: Via,
        validate_only: bool,
    ) -> Outcome<Vec<Answer>> {
        let mut counts: BTreeMap<(i8, KafkaString), usize> = BTreeMap::new();
        for resource in &asked {
            *counts.entry((resource.resource_type, resource.name.clone())).or_default() += 1;
        }
        let mut records = Vec::new();
        let mut answers = Vec::new();
        for resource in asked {
            let key = (resource.resource_type, resource.name.clone());
            // Named twice, answered once.
            let Some(count) = counts.remove(&key) else { continue };
            let result = self.alter_one(resource, count, via).and_then(|altered| {
                check_size(records.len() + altered.len())?;
                Ok(altered)
            });
            let (error_code, error_message) = told(&result);
            answers.push(Answer { resource_type: key.0, name: key.1, error_code, error_message });
            records.extend(result.unwrap_or_default());
        }
        records.extend(self.clear_elr_records(&records));
        Outcome::atomic(if validate_only { Vec::new() } else { records }, answers)
    }

    fn alter_one(&self, asked: Asked, count: usize, via: Via) -> Result<Vec<VersionedRecord>, ApiError> {
        self.metadata_version()?;
        let Some(resource_type) = ConfigResourceType::from_id(asked.resource_type) else {
            let message = format!("Unknown resource type {}.", asked.resource_type);
            return Err(ApiError::new(ErrorCode::UnsupportedVersion, message));
        };
        if count > 1 {
            return Err(ApiError::new(ErrorCode::InvalidRequest, "Duplicate resource."));
        }
        let resource = ConfigResource::new(resource_type, asked.name);
        let mut changes: Vec<Change> = asked.changes.into_iter().collect::<Result<_, _>>()?;
        if asked.replaces_all {
            changes = replacing(&self.image.configs().texts(&resource), changes);
        }
        self.alter(&Alteration { resource, changes, is_new: false, via })
    }
}

fn asked(resource: &AlterConfigsResource) -> Asked {
    let change = |config: &AlterableConfig| {
        Ok(Change {
            name: config.name.to_string(),
            operation: Operation::Set,
            value: config.value.as_ref().map(KafkaString::to_string),
        })
    };
    Asked {
        resource_type: resource.resource_type,
        name: resource.resource_name.clone(),
        changes: resource.configs.iter().map(change).collect(),
        replaces_all: true,
    }
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
