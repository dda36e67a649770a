//! InitProducerId, versions 0 to 6: an id for an idempotent producer, or a transactional id's producer (KIP-98, KIP-360).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_txn::Response;
use ottla_wire::ErrorCode;
use ottla_wire::api::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};

use super::RequestContext;
use crate::broker::Broker;

const NO_PRODUCER_ID: i64 = -1;
const NO_PRODUCER_EPOCH: i16 = -1;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: InitProducerIdRequest,
) -> InitProducerIdResponse {
    let has_id = request.producer_id != NO_PRODUCER_ID;
    let has_epoch = request.producer_epoch != NO_PRODUCER_EPOCH;
    if has_id != has_epoch {
        return refused(ErrorCode::InvalidRequest);
    }
    match request.transactional_id.clone() {
        Some(id) if id.is_empty() => refused(ErrorCode::InvalidRequest),
        Some(id) => {
            let version = context.api_version;
            let initializing = broker.transactions.call(&id, move |transactions, now, token| {
                transactions.handle_init_producer_id(now, version, &request, token)
            });
            match initializing.await {
                Ok(Response::InitProducerId(response)) => response,
                Ok(_) => refused(ErrorCode::UnknownServerError),
                Err(error) => refused(error),
            }
        }
        // An idempotent producer that asks to go on with its id gets a new one as well.
        None => idempotent(broker).await,
    }
}

async fn idempotent(broker: &Arc<Broker>) -> InitProducerIdResponse {
    match broker.producer_ids.next(&broker.controller, broker.config.node_id).await {
        Ok(producer_id) => {
            InitProducerIdResponse { producer_id, producer_epoch: 0, ..InitProducerIdResponse::default() }
        }
        Err(error) => refused(error),
    }
}

fn refused(error: ErrorCode) -> InitProducerIdResponse {
    InitProducerIdResponse {
        error_code: error.number(),
        producer_id: NO_PRODUCER_ID,
        producer_epoch: NO_PRODUCER_EPOCH,
        ..InitProducerIdResponse::default()
    }
}
