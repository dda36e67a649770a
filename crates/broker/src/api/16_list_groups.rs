//! ListGroups, versions 0 to 5: the groups that this node coordinates.
//!
//! Missing: authorization.

use std::sync::Arc;

use futures_util::future::join_all;
use ottla_group::Response;
use ottla_wire::ErrorCode;
use ottla_wire::api::list_groups::{ListGroupsRequest, ListGroupsResponse};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: ListGroupsRequest,
) -> ListGroupsResponse {
    let listing = broker.groups.coordinated().into_iter().map(|partition| {
        let request = request.clone();
        broker
            .groups
            .call_partition(partition, move |groups, _, token| groups.handle_list_groups(&request, token))
    });
    let mut response = ListGroupsResponse::default();
    for listed in join_all(listing).await {
        match listed {
            Ok(Response::ListGroups(listed)) if listed.error_code == 0 => {
                response.groups.extend(listed.groups)
            }
            // A partition that has gone meanwhile has no groups here.
            Err(ErrorCode::NotCoordinator) => {}
            Ok(Response::ListGroups(listed)) => return failed(listed.error_code.into()),
            Ok(_) => return failed(ErrorCode::UnknownServerError),
            Err(error) => return failed(error),
        }
    }
    response
}

fn failed(error: ErrorCode) -> ListGroupsResponse {
    ListGroupsResponse { error_code: error.number(), ..ListGroupsResponse::default() }
}
