//! DescribeGroups, versions 0 to 6: state and members of classic groups.
//!
//! Missing: authorization, so that every client may do everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use ottla_group::Response;
use ottla_wire::api::describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse, DescribedGroup};
use ottla_wire::{ErrorCode, KafkaString};

use super::RequestContext;
use crate::broker::Broker;

/// All that may be done to a group, as a bit set of Kafka's operations: read, delete, describe, describe configs, alter
/// configs.
const ALL_OPERATIONS: i32 = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: DescribeGroupsRequest,
) -> DescribeGroupsResponse {
    let mut by_partition: BTreeMap<i32, Vec<KafkaString>> = BTreeMap::new();
    for group in request.groups {
        by_partition.entry(broker.groups.partition_of(&group)).or_default().push(group);
    }
    let describing =
        by_partition.into_iter().map(|(partition, groups)| describe(broker, context, partition, groups));
    let mut groups: Vec<DescribedGroup> = join_all(describing).await.into_iter().flatten().collect();
    if request.include_authorized_operations {
        let described = groups.iter_mut().filter(|group| group.error_code == 0);
        described.for_each(|group| group.authorized_operations = ALL_OPERATIONS);
    }
    DescribeGroupsResponse { groups, ..DescribeGroupsResponse::default() }
}

async fn describe(
    broker: &Arc<Broker>,
    context: &RequestContext,
    partition: i32,
    groups: Vec<KafkaString>,
) -> Vec<DescribedGroup> {
    let (context, ids) = (context.clone(), groups.clone());
    let describing = broker.groups.call_partition(partition, move |core, _, token| {
        core.handle_describe_groups(context.of_group(), &ids, token)
    });
    let error = match describing.await {
        Ok(Response::DescribeGroups(described)) => return described,
        Ok(_) => ErrorCode::UnknownServerError,
        Err(error) => error,
    };
    let failed =
        |group_id| DescribedGroup { group_id, error_code: error.number(), ..DescribedGroup::default() };
    groups.into_iter().map(failed).collect()
}
