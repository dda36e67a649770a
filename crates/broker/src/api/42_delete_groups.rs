//! DeleteGroups, versions 0 to 2: deletes groups that have no members, with their offsets.
//!
//! Missing: authorization.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use ottla_group::Response;
use ottla_wire::api::delete_groups::{DeletableGroupResult, DeleteGroupsRequest, DeleteGroupsResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: DeleteGroupsRequest,
) -> DeleteGroupsResponse {
    // A group that is named twice is deleted once.
    let groups: BTreeSet<KafkaString> = request.groups_names.into_iter().collect();
    let mut by_partition: BTreeMap<i32, Vec<KafkaString>> = BTreeMap::new();
    for group in groups {
        by_partition.entry(broker.groups.partition_of(&group)).or_default().push(group);
    }
    let deleting = by_partition.into_iter().map(|(partition, groups)| delete(broker, partition, groups));
    let results = join_all(deleting).await.into_iter().flatten().collect();
    DeleteGroupsResponse { results, ..DeleteGroupsResponse::default() }
}

async fn delete(broker: &Arc<Broker>, partition: i32, groups: Vec<KafkaString>) -> Vec<DeletableGroupResult> {
    let ids = groups.clone();
    let deleting =
        broker.groups.call_partition(partition, move |core, _, token| core.handle_delete_groups(&ids, token));
    let error = match deleting.await {
        Ok(Response::DeleteGroups(results)) => return results,
        Ok(_) => ErrorCode::UnknownServerError,
        Err(error) => error,
    };
    let failed = |group_id| DeletableGroupResult {
        group_id,
        error_code: error.number(),
        ..DeletableGroupResult::default()
    };
    groups.into_iter().map(failed).collect()
}
