//! DescribeCluster, versions 0 to 2: the brokers, or on a listener of controllers the controllers (KIP-700, KIP-919).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_wire::api::Listener;
use ottla_wire::api::describe_cluster::{
    DescribeClusterBroker, DescribeClusterRequest, DescribeClusterResponse,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::cluster_view::ClusterView;
use super::{RequestContext, authorized_operations};
use crate::broker::Broker;

const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: DescribeClusterRequest,
) -> DescribeClusterResponse {
    let served = match context.connection.listener {
        Listener::Broker => BROKERS,
        Listener::Controller => CONTROLLERS,
    };
    if request.endpoint_type != served {
        return refused(context, &request, served);
    }
    let image = broker.metadata.image();
    let view = ClusterView { image: &image, listener: context.connection.endpoint.listener.as_str() };
    let node_id = broker.config.node_id;
    let (controller_id, brokers) = if served == BROKERS {
        let is_shown = |fenced: bool| request.include_fenced_brokers || !fenced;
        let brokers = view.brokers().filter(|broker| is_shown(broker.registration.fenced));
        let brokers = brokers.map(|broker| DescribeClusterBroker {
            broker_id: broker.registration.id,
            host: broker.host(),
            port: broker.port(),
            rack: broker.registration.rack.clone(),
            is_fenced: context.api_version >= 2 && broker.registration.fenced,
            ..DescribeClusterBroker::default()
        });
        (view.controller_id(node_id), brokers.collect())
    } else {
        (node_id, controllers(view))
    };
    DescribeClusterResponse {
        endpoint_type: served,
        cluster_id: broker.cluster_id.clone(),
        controller_id,
        brokers,
        cluster_authorized_operations: match request.include_cluster_authorized_operations {
            true => authorized_operations::CLUSTER,
            false => authorized_operations::NOT_ASKED,
        },
        ..DescribeClusterResponse::default()
    }
}

fn controllers(view: ClusterView<'_>) -> Vec<DescribeClusterBroker> {
    let controllers = view.image.cluster().controllers.iter().filter_map(|(&id, controller)| {
        let endpoint = controller.listeners.get(view.listener)?;
        Some(DescribeClusterBroker {
            broker_id: id,
            host: endpoint.host.clone(),
            port: endpoint.port.into(),
            ..DescribeClusterBroker::default()
        })
    });
    controllers.collect()
}

/// The answer to who asked at the wrong kind of node.
fn refused(
    context: &RequestContext,
    request: &DescribeClusterRequest,
    served: i8,
) -> DescribeClusterResponse {
    let name = |endpoint_type| if endpoint_type == BROKERS { "BROKER" } else { "CONTROLLER" };
    let asked = request.endpoint_type;
    let (error, message) = if asked != BROKERS && asked != CONTROLLERS {
        (ErrorCode::UnsupportedEndpointType, format!("Unsupported endpoint type {asked}"))
    } else {
        let error = match context.api_version {
            0 => ErrorCode::InvalidRequest,
            _ => ErrorCode::MismatchedEndpointType,
        };
        let (served, asked) = (name(served), name(asked));
        let message = format!(
            "The request was sent to an endpoint of type {served}, but we wanted an endpoint of type {asked}"
        );
        (error, message)
    };
    DescribeClusterResponse {
        error_code: error.number(),
        error_message: Some(KafkaString::from(message)),
        ..DescribeClusterResponse::default()
    }
}
