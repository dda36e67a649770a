//! AlterPartitionReassignments, versions 0 and 1: the controller moves replicas to other brokers (KIP-455).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_wire::api::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
};

use super::RequestContext;
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: AlterPartitionReassignmentsRequest,
) -> AlterPartitionReassignmentsResponse {
    let decided = broker.controller.alter_partition_reassignments(request);
    decided.await.unwrap_or_else(|_| AlterPartitionReassignmentsResponse {
        error_code: UNAVAILABLE.number(),
        ..AlterPartitionReassignmentsResponse::default()
    })
}
