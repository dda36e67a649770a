//! EndTxn, versions 0 to 5: a producer commits or aborts its transaction (KIP-98); from version 5 on it goes on with another
//! epoch (KIP-890).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_txn::Response;
use ottla_wire::ErrorCode;
use ottla_wire::api::end_txn::{EndTxnRequest, EndTxnResponse};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: EndTxnRequest,
) -> EndTxnResponse {
    if request.transactional_id.is_empty() {
        return refused(ErrorCode::InvalidRequest);
    }
    let version = context.api_version;
    let id = request.transactional_id.clone();
    let ending = broker.transactions.call(&id, move |transactions, now, token| {
        transactions.handle_end_txn(now, version, &request, token)
    });
    match ending.await {
        Ok(Response::EndTxn(response)) => response,
        Ok(_) => refused(ErrorCode::UnknownServerError),
        Err(error) => refused(error),
    }
}

fn refused(error: ErrorCode) -> EndTxnResponse {
    EndTxnResponse { error_code: error.number(), ..EndTxnResponse::default() }
}
