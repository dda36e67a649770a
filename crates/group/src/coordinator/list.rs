//! ListGroups.

use ottla_coordinator::Token;
use ottla_wire::KafkaString;
use ottla_wire::api::list_groups::ListedGroup;
use ottla_wire::messages::{ListGroupsRequest, ListGroupsResponse};

use super::GroupCoordinator;
use crate::outcome::{Outcome, Response};

/// The type of groups that are served here.
const CLASSIC: &str = "classic";

impl GroupCoordinator {
    /// Lists the groups in the states and of the types that are asked for, in any case of letters; all of them if
    /// nothing is asked for.
    pub fn handle_list_groups(&mut self, request: &ListGroupsRequest, token: Token) -> Outcome {
        let types = &request.types_filter;
        let states = &request.states_filter;
        let of_type = types.is_empty() || types.iter().any(|name| name.eq_ignore_ascii_case(CLASSIC));
        let in_state = |state: &str| {
            states.is_empty() || states.iter().any(|name| name.trim().eq_ignore_ascii_case(state))
        };
        let groups = self.groups.values().filter(|group| of_type && in_state(group.state.name()));
        let listed = groups.map(|group| ListedGroup {
            group_id: group.id.clone(),
            protocol_type: group.protocol_type.clone().unwrap_or_default(),
            group_state: KafkaString::from_static(group.state.name()),
            group_type: KafkaString::from_static(CLASSIC),
            ..ListedGroup::default()
        });
        let response = ListGroupsResponse { groups: listed.collect(), ..ListGroupsResponse::default() };
        self.reply(token, Response::ListGroups(response));
        self.take_outcome()
    }
}
