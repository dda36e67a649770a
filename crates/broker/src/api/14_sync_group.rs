//! SyncGroup, versions 0 to 5: the leader of a classic group says who does what, the others ask.
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_group::Response;
use ottla_wire::ErrorCode;
use ottla_wire::api::sync_group::{SyncGroupRequest, SyncGroupResponse};

use super::RequestContext;
use crate::broker::Broker;

/// First version that must name the group's protocol.
const PROTOCOL_VERSION: i16 = 5;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: SyncGroupRequest,
) -> SyncGroupResponse {
    let names_protocol = request.protocol_type.is_some() && request.protocol_name.is_some();
    if context.api_version >= PROTOCOL_VERSION && !names_protocol {
        return failed(ErrorCode::InconsistentGroupProtocol);
    }
    let group = request.group_id.clone();
    let syncing =
        broker.groups.call(&group, move |groups, now, token| groups.handle_sync_group(now, &request, token));
    match syncing.await {
        Ok(Response::SyncGroup(response)) => response,
        Ok(_) => failed(ErrorCode::UnknownServerError),
        Err(_) if group.is_empty() => failed(ErrorCode::InvalidGroupId),
        Err(error) => failed(error),
    }
}

fn failed(error: ErrorCode) -> SyncGroupResponse {
    SyncGroupResponse { error_code: error.number(), ..SyncGroupResponse::default() }
}
