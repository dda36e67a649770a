//! FindCoordinator, versions 0 to 6: which broker coordinates a group, or the transactions of a producer.
//!
//! The first to ask has the topic created that the coordinators keep their state in.
//!
//! Missing: share coordinators, of which there are none (`COORDINATOR_NOT_AVAILABLE`); authorization.

use std::sync::Arc;

use ottla_wire::api::find_coordinator::{Coordinator, FindCoordinatorRequest, FindCoordinatorResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::RequestContext;
use crate::broker::Broker;
use crate::coordinator::{CONSUMER_OFFSETS, TRANSACTION_STATE};

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;
const SHARE: i8 = 2;

/// First version that asks for several keys.
const BATCH_VERSION: i16 = 4;
/// First version that knows share coordinators.
const SHARE_VERSION: i16 = 6;

/// What Kafka says up to version 3 when there is nothing to say.
const NO_ERROR_MESSAGE: &str = "NONE";

/// Where a coordinator is.
struct Address {
    node_id: i32,
    host: KafkaString,
    port: i32,
}

impl Address {
    const NOWHERE: Self = Self { node_id: -1, host: KafkaString::EMPTY, port: -1 };
}

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: FindCoordinatorRequest,
) -> FindCoordinatorResponse {
    if context.api_version < BATCH_VERSION {
        let (address, error) = split(find(broker, context, request.key_type, &request.key).await);
        let message = match error {
            ErrorCode::None => NO_ERROR_MESSAGE.into(),
            error => refusal(request.key_type, error),
        };
        return FindCoordinatorResponse {
            error_code: error.number(),
            error_message: Some(message),
            node_id: address.node_id,
            host: address.host,
            port: address.port,
            ..FindCoordinatorResponse::default()
        };
    }
    let mut coordinators = Vec::with_capacity(request.coordinator_keys.len());
    for key in request.coordinator_keys {
        let (address, error) = split(find(broker, context, request.key_type, &key).await);
        let message = match error {
            ErrorCode::None => KafkaString::EMPTY,
            error => refusal(request.key_type, error),
        };
        coordinators.push(Coordinator {
            key,
            node_id: address.node_id,
            host: address.host,
            port: address.port,
            error_code: error.number(),
            error_message: Some(message),
            ..Coordinator::default()
        });
    }
    FindCoordinatorResponse { coordinators, ..FindCoordinatorResponse::default() }
}

fn split(found: Result<Address, ErrorCode>) -> (Address, ErrorCode) {
    match found {
        Ok(address) => (address, ErrorCode::None),
        Err(error) => (Address::NOWHERE, error),
    }
}

fn refusal(key_type: i8, error: ErrorCode) -> KafkaString {
    match (key_type, error) {
        (SHARE, ErrorCode::CoordinatorNotAvailable) => "this node does not coordinate share groups".into(),
        (_, error) => error.message().into(),
    }
}

async fn find(
    broker: &Arc<Broker>,
    context: &RequestContext,
    key_type: i8,
    key: &str,
) -> Result<Address, ErrorCode> {
    let (topic, partition) = match key_type {
        GROUP => (CONSUMER_OFFSETS, broker.groups.created_partition_of(broker, key).await),
        TRANSACTION => (TRANSACTION_STATE, broker.transactions.created_partition_of(broker, key).await),
        SHARE if context.api_version >= SHARE_VERSION => return Err(ErrorCode::CoordinatorNotAvailable),
        _ => return Err(ErrorCode::InvalidRequest),
    };
    leader_address(broker, context, topic, partition).ok_or(ErrorCode::CoordinatorNotAvailable)
}

/// Where the leader of a partition listens, as whoever asks sees it.
fn leader_address(broker: &Broker, context: &RequestContext, topic: &str, partition: i32) -> Option<Address> {
    let image = broker.metadata.peek();
    let topic = image.topics().topic_by_name(topic)?;
    let leader = topic.partitions.get(&partition).filter(|partition| partition.has_leader())?.leader;
    let registration = image.cluster().broker(leader).filter(|registration| !registration.fenced)?;
    let listener = registration.listeners.get(context.connection.endpoint.listener.as_str())?;
    Some(Address { node_id: leader, host: listener.host.clone(), port: listener.port.into() })
}
