//! ListConfigResources, versions 0 and 1: what has a configuration (KIP-714, KIP-1142).
//!
//! Missing: authorization.

use std::collections::BTreeSet;
use std::sync::Arc;

use ottla_controller::image::ConfigResourceType;
use ottla_wire::api::list_config_resources::{
    ConfigResource, ListConfigResourcesRequest, ListConfigResourcesResponse,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::RequestContext;
use super::cluster_view::ClusterView;
use crate::broker::Broker;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const BROKER_LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: ListConfigResourcesRequest,
) -> ListConfigResourcesResponse {
    // The first version knew of client metrics only.
    let supported = match context.api_version {
        0 => BTreeSet::from([CLIENT_METRICS]),
        _ => BTreeSet::from([TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP]),
    };
    let asked: BTreeSet<i8> = request.resource_types.into_iter().collect();
    if !asked.is_subset(&supported) {
        return ListConfigResourcesResponse {
            error_code: ErrorCode::UnsupportedVersion.number(),
            ..ListConfigResourcesResponse::default()
        };
    }
    let asked = if asked.is_empty() { supported } else { asked };
    let image = broker.metadata.image();
    let view = ClusterView { image: &image, listener: context.connection.endpoint.listener.as_str() };
    let with_values = |resource_type: ConfigResourceType| {
        let resources = image.configs().resources().map(|(resource, _)| resource);
        let of_type = resources.filter(move |resource| resource.resource_type == resource_type);
        of_type.map(|resource| resource.name.clone()).collect::<Vec<_>>()
    };
    let mut config_resources = Vec::new();
    for resource_type in [GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC] {
        if !asked.contains(&resource_type) {
            continue;
        }
        let names: Vec<KafkaString> = match resource_type {
            GROUP => with_values(ConfigResourceType::Group),
            CLIENT_METRICS => with_values(ConfigResourceType::ClientMetrics),
            TOPIC => image.topics().iter().map(|topic| topic.name.clone()).collect(),
            _ => view.brokers().map(|broker| KafkaString::from(broker.registration.id.to_string())).collect(),
        };
        config_resources.extend(names.into_iter().map(|resource_name| ConfigResource {
            resource_name,
            resource_type,
            ..ConfigResource::default()
        }));
    }
    ListConfigResourcesResponse { config_resources, ..ListConfigResourcesResponse::default() }
}
