//! AddOffsetsToTxn, versions 0 to 4: the offsets of a group join a transaction.
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_txn::Response;
use ottla_wire::ErrorCode;
use ottla_wire::api::add_offsets_to_txn::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: AddOffsetsToTxnRequest,
) -> AddOffsetsToTxnResponse {
    if request.transactional_id.is_empty() {
        return refused(ErrorCode::InvalidRequest);
    }
    let version = context.api_version;
    let offsets_partition = broker.groups.partition_of(&request.group_id);
    let id = request.transactional_id.clone();
    let adding = broker.transactions.call(&id, move |transactions, now, token| {
        transactions.handle_add_offsets_to_txn(now, version, &request, offsets_partition, token)
    });
    match adding.await {
        Ok(Response::AddOffsetsToTxn(response)) => response,
        Ok(_) => refused(ErrorCode::UnknownServerError),
        Err(error) => refused(error),
    }
}

fn refused(error: ErrorCode) -> AddOffsetsToTxnResponse {
    AddOffsetsToTxnResponse { error_code: error.number(), ..AddOffsetsToTxnResponse::default() }
}
