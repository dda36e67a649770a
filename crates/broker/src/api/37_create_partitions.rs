//! CreatePartitions, versions 0 to 3: the controller adds partitions to topics (KIP-195).
//!
//! Missing: authorization, quotas of partition creation.

use std::sync::Arc;

use ottla_wire::api::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopicResult,
};

use super::RequestContext;
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: CreatePartitionsRequest,
) -> CreatePartitionsResponse {
    let refused = request.topics.iter().map(|topic| CreatePartitionsTopicResult {
        name: topic.name.clone(),
        error_code: UNAVAILABLE.number(),
        ..CreatePartitionsTopicResult::default()
    });
    let refused: Vec<_> = refused.collect();
    let decided = broker.controller.create_partitions(request);
    decided.await.unwrap_or_else(|_| CreatePartitionsResponse {
        results: refused,
        ..CreatePartitionsResponse::default()
    })
}
