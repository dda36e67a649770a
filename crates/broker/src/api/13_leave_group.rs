//! LeaveGroup, versions 0 to 5: members of a classic group go.
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_group::Response;
use ottla_wire::ErrorCode;
use ottla_wire::api::leave_group::{LeaveGroupRequest, LeaveGroupResponse};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: LeaveGroupRequest,
) -> LeaveGroupResponse {
    let (context, group) = (context.clone(), request.group_id.clone());
    let leaving = broker.groups.call(&group, move |groups, now, token| {
        groups.handle_leave_group(now, context.of_group(), &request, token)
    });
    let error = match leaving.await {
        Ok(Response::LeaveGroup(response)) => return response,
        Ok(_) => ErrorCode::UnknownServerError,
        Err(_) if group.is_empty() => ErrorCode::InvalidGroupId,
        Err(error) => error,
    };
    LeaveGroupResponse { error_code: error.number(), ..LeaveGroupResponse::default() }
}
