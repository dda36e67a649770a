//! DescribeGroups.

use ottla_coordinator::Token;
use ottla_wire::api::describe_groups::{DescribedGroup, DescribedGroupMember};
use ottla_wire::{ErrorCode, KafkaString};

use super::GroupCoordinator;
use crate::classic::{ClassicGroup, ClassicGroupState, Member};
use crate::outcome::{Outcome, RequestContext, Response};

/// First version that tells a group which is dead from one that never was (KIP-1043).
const NOT_FOUND_VERSION: i16 = 6;
/// State of a group that is not there.
const DEAD: &str = "Dead";

impl GroupCoordinator {
    /// Tells state and members of classic groups. What the client may do to them is left to the sender.
    pub fn handle_describe_groups(
        &mut self,
        context: RequestContext<'_>,
        groups: &[KafkaString],
        token: Token,
    ) -> Outcome {
        let describe = |id: &KafkaString| match self.groups.get(id) {
            Some(group) => described(group),
            None => self.describe_missing(context, id),
        };
        let described = groups.iter().map(describe).collect();
        self.reply(token, Response::DescribeGroups(described));
        self.take_outcome()
    }

    fn describe_missing(&self, context: RequestContext<'_>, id: &KafkaString) -> DescribedGroup {
        let mut group = DescribedGroup {
            group_id: id.clone(),
            group_state: KafkaString::from_static(DEAD),
            ..DescribedGroup::default()
        };
        if context.api_version >= NOT_FOUND_VERSION {
            let message = match self.others.contains(id) {
                true => format!("Group {id} is not a classic group."),
                false => format!("Group {id} not found."),
            };
            group.error_code = ErrorCode::GroupIdNotFound.number();
            group.error_message = Some(message.into());
        }
        group
    }
}

fn described(group: &ClassicGroup) -> DescribedGroup {
    let protocol_name = match group.state {
        ClassicGroupState::Stable => group.protocol_name.clone(),
        _ => None,
    };
    DescribedGroup {
        group_id: group.id.clone(),
        group_state: KafkaString::from_static(group.state.name()),
        protocol_type: group.protocol_type.clone().unwrap_or_default(),
        members: group.members().map(|member| described_member(member, protocol_name.as_deref())).collect(),
        protocol_data: protocol_name.unwrap_or_default(),
        ..DescribedGroup::default()
    }
}

fn described_member(member: &Member, protocol_name: Option<&str>) -> DescribedGroupMember {
    DescribedGroupMember {
        member_id: member.id.clone(),
        group_instance_id: member.instance_id.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        member_metadata: protocol_name.map(|name| member.metadata(name)).unwrap_or_default(),
        member_assignment: member.assignment.clone(),
        ..DescribedGroupMember::default()
    }
}
