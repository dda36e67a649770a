//! Heartbeat, versions 0 to 4: a member of a classic group is alive.
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_group::Response;
use ottla_wire::ErrorCode;
use ottla_wire::api::heartbeat::{HeartbeatRequest, HeartbeatResponse};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: HeartbeatRequest,
) -> HeartbeatResponse {
    let group = request.group_id.clone();
    let beating =
        broker.groups.call(&group, move |groups, now, token| groups.handle_heartbeat(now, &request, token));
    let error = match beating.await {
        Ok(Response::Heartbeat(response)) => return response,
        Ok(_) => ErrorCode::UnknownServerError,
        Err(_) if group.is_empty() => ErrorCode::InvalidGroupId,
        // A member of a group that loads is not to be sent away: its session begins when the group is there.
        Err(ErrorCode::CoordinatorLoadInProgress) => ErrorCode::None,
        Err(error) => error,
    };
    HeartbeatResponse { error_code: error.number(), ..HeartbeatResponse::default() }
}
