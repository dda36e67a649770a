//! DescribeTransactions, version 0: how far transactions are (KIP-664).
//!
//! Missing: authorization.

use std::sync::Arc;

use futures_util::future::join_all;
use ottla_txn::Response;
use ottla_wire::api::describe_transactions::{
    DescribeTransactionsRequest, DescribeTransactionsResponse, TransactionState,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: DescribeTransactionsRequest,
) -> DescribeTransactionsResponse {
    let states = request.transactional_ids.into_iter().map(|id| describe(broker, id));
    DescribeTransactionsResponse {
        transaction_states: join_all(states).await,
        ..DescribeTransactionsResponse::default()
    }
}

async fn describe(broker: &Arc<Broker>, id: KafkaString) -> TransactionState {
    if id.is_empty() {
        return refused(id, ErrorCode::InvalidRequest);
    }
    let ids = [id.clone()];
    let describing = broker
        .transactions
        .call(&id, move |transactions, _, token| transactions.handle_describe_transactions(&ids, token));
    let error = match describing.await {
        Ok(Response::DescribeTransactions(states)) => match states.into_iter().next() {
            Some(state) => return state,
            None => ErrorCode::UnknownServerError,
        },
        Ok(_) => ErrorCode::UnknownServerError,
        Err(error) => error,
    };
    refused(id, error)
}

fn refused(transactional_id: KafkaString, error: ErrorCode) -> TransactionState {
    TransactionState { error_code: error.number(), transactional_id, ..TransactionState::default() }
}
