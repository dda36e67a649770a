//! IncrementalAlterConfigs, versions 0 and 1: sets, deletes, appends to and subtracts from single values (KIP-339).
//!
//! Missing: authorization, levels of loggers.

use std::sync::Arc;

use ottla_config::{Change, Operation};
use ottla_controller::Via;
use ottla_wire::KafkaString;
use ottla_wire::api::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, AlterableConfig, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};
use ottla_wire::{ErrorCode, api::Listener};

use super::RequestContext;
use super::alter_configs::{AskedChange, Verdict, preprocess, reassemble, refuse_repeated};
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

const DELETE: i8 = 1;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let resources = request.resources;
    if context.connection.listener == Listener::Controller {
        return ask(broker, Via::Controller, resources, request.validate_only).await;
    }
    let mut preprocessed: Vec<_> = resources
        .iter()
        .map(|resource| {
            let changes: Vec<_> = resource.configs.iter().map(asked).collect();
            let (resource_type, name) = (resource.resource_type, &resource.resource_name);
            let verdict = preprocess(broker, resource_type, name, &changes, false);
            ((resource_type, name.clone()), verdict)
        })
        .collect();
    refuse_repeated(&mut preprocessed);
    let rest = resources.into_iter().zip(&preprocessed).filter(|(_, (_, verdict))| verdict.is_none());
    let rest: Vec<_> = rest.map(|(resource, _)| resource).collect();
    let decided = match rest.is_empty() {
        true => IncrementalAlterConfigsResponse::default(),
        false => ask(broker, Via::Broker, rest, request.validate_only).await,
    };
    let decided = decided.responses.into_iter().map(|response| {
        let error = ErrorCode::from_number(response.error_code).unwrap_or(ErrorCode::UnknownServerError);
        ((response.resource_type, response.resource_name), (error, response.error_message))
    });
    let responses = reassemble(preprocessed, decided.collect()).map(response).collect();
    IncrementalAlterConfigsResponse { responses, ..IncrementalAlterConfigsResponse::default() }
}

fn asked(config: &AlterableConfig) -> AskedChange<'_> {
    let operation = Operation::from_id(config.config_operation).ok_or(config.config_operation);
    let change = operation.map(|operation| Change {
        name: config.name.to_string(),
        operation,
        value: config.value.as_ref().map(KafkaString::to_string),
    });
    AskedChange {
        name: &config.name,
        value: config.value.as_ref(),
        change,
        needs_value: config.config_operation != DELETE,
    }
}

async fn ask(
    broker: &Broker,
    via: Via,
    resources: Vec<AlterConfigsResource>,
    validate_only: bool,
) -> IncrementalAlterConfigsResponse {
    let keys = resources.iter().map(|resource| (resource.resource_type, resource.resource_name.clone()));
    let keys: Vec<_> = keys.collect();
    let request = IncrementalAlterConfigsRequest {
        resources,
        validate_only,
        ..IncrementalAlterConfigsRequest::default()
    };
    let decided = broker
        .controller
        .decide(move |core, now, _| core.handle_incremental_alter_configs(now, &request, via));
    decided.await.unwrap_or_else(|_| {
        let responses = keys.into_iter().map(|key| response((key, (UNAVAILABLE, None))));
        IncrementalAlterConfigsResponse {
            responses: responses.collect(),
            ..IncrementalAlterConfigsResponse::default()
        }
    })
}

fn response(
    ((resource_type, resource_name), (error, error_message)): ((i8, KafkaString), Verdict),
) -> AlterConfigsResourceResponse {
    AlterConfigsResourceResponse {
        error_code: error.number(),
        error_message,
        resource_type,
        resource_name,
        ..AlterConfigsResourceResponse::default()
    }
}
