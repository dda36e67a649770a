//! JoinGroup, versions 0 to 9: a member of a classic group comes. The answer waits for the others.
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_group::Response;
use ottla_wire::api::join_group::{JoinGroupRequest, JoinGroupResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::RequestContext;
use crate::broker::Broker;

/// First version in which a response may name no protocol.
const NULLABLE_PROTOCOL_VERSION: i16 = 7;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: JoinGroupRequest,
) -> JoinGroupResponse {
    let (group, member_id) = (request.group_id.clone(), request.member_id.clone());
    let seed = broker.groups.member_id_seed();
    let (client_id, client_host) = (context.client_id.clone().unwrap_or_default(), context.client_host());
    let api_version = context.api_version;
    let joining = broker.groups.call(&group, move |groups, now, token| {
        let context =
            ottla_group::RequestContext { api_version, client_id: &client_id, client_host: &client_host };
        groups.handle_join_group(now, context, &request, token, seed)
    });
    let mut response = match joining.await {
        Ok(Response::JoinGroup(response)) => response,
        Ok(_) => failed(KafkaString::EMPTY, ErrorCode::UnknownServerError),
        // Whoever has no group must hear so even where nobody coordinates.
        Err(_) if group.is_empty() => failed(member_id, ErrorCode::InvalidGroupId),
        Err(error) => failed(KafkaString::EMPTY, error),
    };
    response.protocol_name = protocol_name(response.protocol_name, api_version);
    response
}

/// No protocol, as the version says it: null where it can be, else an empty name.
fn protocol_name(name: Option<KafkaString>, version: i16) -> Option<KafkaString> {
    if version < NULLABLE_PROTOCOL_VERSION {
        return Some(name.unwrap_or_default());
    }
    name.filter(|name| !name.is_empty())
}

fn failed(member_id: KafkaString, error: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse { error_code: error.number(), member_id, ..JoinGroupResponse::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_protocol_is_null_where_it_can_be() {
        for none in [None, Some(KafkaString::EMPTY)] {
            assert_eq!(protocol_name(none.clone(), 6), Some(KafkaString::EMPTY));
            assert_eq!(protocol_name(none, 7), None);
        }
        let range = Some(KafkaString::from_static("range"));
        assert_eq!(protocol_name(range.clone(), 0), range);
        assert_eq!(protocol_name(range.clone(), 9), range);
    }
}
