//! ListTransactions, versions 0 to 2: the transactions that this node coordinates (KIP-664), by how long they have lasted
//! (KIP-994) and by their ids (KIP-1152).
//!
//! Missing: authorization.

use std::sync::Arc;

use futures_util::future::join_all;
use ottla_txn::{Response, TransactionFilter};
use ottla_wire::ErrorCode;
use ottla_wire::api::list_transactions::{ListTransactionsRequest, ListTransactionsResponse};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: ListTransactionsRequest,
) -> ListTransactionsResponse {
    let filter = match TransactionFilter::new(&request) {
        Ok(filter) => filter,
        Err(error) => return failed(error),
    };
    let listing = broker.transactions.coordinated().into_iter().map(|partition| {
        let filter = filter.clone();
        broker.transactions.call_partition(partition, move |transactions, now, token| {
            transactions.handle_list_transactions(now, &filter, token)
        })
    });
    let mut response = ListTransactionsResponse {
        unknown_state_filters: filter.unknown_states().to_vec(),
        ..ListTransactionsResponse::default()
    };
    for listed in join_all(listing).await {
        match listed {
            Ok(Response::ListTransactions(listed)) => response.transaction_states.extend(listed),
            // A partition that has gone meanwhile has no transactions here.
            Err(ErrorCode::NotCoordinator) => {}
            Ok(_) => return failed(ErrorCode::UnknownServerError),
            Err(error) => return failed(error),
        }
    }
    response
}

fn failed(error: ErrorCode) -> ListTransactionsResponse {
    ListTransactionsResponse { error_code: error.number(), ..ListTransactionsResponse::default() }
}
