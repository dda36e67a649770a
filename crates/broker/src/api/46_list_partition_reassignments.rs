//! ListPartitionReassignments, version 0: which replicas are on the move (KIP-455).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_wire::api::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};

use super::RequestContext;
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: ListPartitionReassignmentsRequest,
) -> ListPartitionReassignmentsResponse {
    let decided = broker.controller.list_partition_reassignments(request);
    decided.await.unwrap_or_else(|_| ListPartitionReassignmentsResponse {
        error_code: UNAVAILABLE.number(),
        ..ListPartitionReassignmentsResponse::default()
    })
}
