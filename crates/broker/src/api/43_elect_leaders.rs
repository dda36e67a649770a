//! ElectLeaders, versions 0 to 2: the controller elects preferred or, at the risk of losing records, any leaders (KIP-460).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_wire::api::elect_leaders::{
    ElectLeadersRequest, ElectLeadersResponse, PartitionResult, ReplicaElectionResult,
};

use super::RequestContext;
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: ElectLeadersRequest,
) -> ElectLeadersResponse {
    let refused = refused(&request, context.api_version);
    broker.controller.elect_leaders(request).await.unwrap_or(refused)
}

fn refused(request: &ElectLeadersRequest, version: i16) -> ElectLeadersResponse {
    let partition = |&partition_id: &i32| PartitionResult {
        partition_id,
        error_code: UNAVAILABLE.number(),
        ..PartitionResult::default()
    };
    let topics = request.topic_partitions.iter().flatten().map(|topic| ReplicaElectionResult {
        topic: topic.topic.clone(),
        partition_result: topic.partitions.iter().map(partition).collect(),
        ..ReplicaElectionResult::default()
    });
    ElectLeadersResponse {
        error_code: if version >= 1 { UNAVAILABLE.number() } else { 0 },
        replica_election_results: topics.collect(),
        ..ElectLeadersResponse::default()
    }
}
