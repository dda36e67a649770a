//! AlterConfigs, versions 0 to 2: replaces all values of resources (KIP-133).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_config::{Change, Operation};
use ottla_controller::Via;
use ottla_wire::KafkaString;
use ottla_wire::api::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource, AlterConfigsResourceResponse, AlterConfigsResponse,
    AlterableConfig,
};
use ottla_wire::{ErrorCode, api::Listener};

use super::RequestContext;
use super::alter_configs::{AskedChange, Verdict, preprocess, reassemble, refuse_repeated};
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: AlterConfigsRequest,
) -> AlterConfigsResponse {
    let resources = request.resources;
    if context.connection.listener == Listener::Controller {
        return ask(broker, Via::Controller, resources, request.validate_only).await;
    }
    let mut preprocessed: Vec<_> = resources
        .iter()
        .map(|resource| {
            let changes: Vec<_> = resource.configs.iter().map(asked).collect();
            let (resource_type, name) = (resource.resource_type, &resource.resource_name);
            let verdict = preprocess(broker, resource_type, name, &changes, true);
            ((resource_type, name.clone()), verdict)
        })
        .collect();
    refuse_repeated(&mut preprocessed);
    let rest = resources.into_iter().zip(&preprocessed).filter(|(_, (_, verdict))| verdict.is_none());
    let rest: Vec<_> = rest.map(|(resource, _)| resource).collect();
    let decided = match rest.is_empty() {
        true => AlterConfigsResponse::default(),
        false => ask(broker, Via::Broker, rest, request.validate_only).await,
    };
    let decided = decided.responses.into_iter().map(|response| {
        let error = ErrorCode::from_number(response.error_code).unwrap_or(ErrorCode::UnknownServerError);
        ((response.resource_type, response.resource_name), (error, response.error_message))
    });
    let responses = reassemble(preprocessed, decided.collect()).map(response).collect();
    AlterConfigsResponse { responses, ..AlterConfigsResponse::default() }
}

fn asked(config: &AlterableConfig) -> AskedChange<'_> {
    let change = Change {
        name: config.name.to_string(),
        operation: Operation::Set,
        value: config.value.as_ref().map(KafkaString::to_string),
    };
    AskedChange { name: &config.name, value: config.value.as_ref(), change: Ok(change), needs_value: true }
}

async fn ask(
    broker: &Broker,
    via: Via,
    resources: Vec<AlterConfigsResource>,
    validate_only: bool,
) -> AlterConfigsResponse {
    let keys = resources.iter().map(|resource| (resource.resource_type, resource.resource_name.clone()));
    let keys: Vec<_> = keys.collect();
    let request = AlterConfigsRequest { resources, validate_only, ..AlterConfigsRequest::default() };
    let decided = broker.controller.decide(move |core, now, _| core.handle_alter_configs(now, &request, via));
    decided.await.unwrap_or_else(|_| {
        let responses = keys.into_iter().map(|key| response((key, (UNAVAILABLE, None))));
        AlterConfigsResponse { responses: responses.collect(), ..AlterConfigsResponse::default() }
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
