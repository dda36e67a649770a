//! ListGroups (KIP-518, KIP-848).

use futures_util::future::join_all;
use ottla_wire::api::ApiKey;
use ottla_wire::api::list_groups::{ListGroupsRequest, ListGroupsResponse};
use ottla_wire::{ErrorCode, KafkaString, Versions};

use super::Admin;
use crate::client::{CallOptions, Target, is_unsupported, unsupported};
use crate::error::{ApiError, ClientError};

/// Which groups to list; an empty list means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupFilter {
    /// In one of these states, as Kafka writes them.
    pub states: Vec<KafkaString>,
    /// Of one of these types: `classic`, `consumer`, `share`, `streams`.
    pub types: Vec<KafkaString>,
    /// Of one of these protocol types, such as `consumer`; looked at by the client.
    pub protocol_types: Vec<KafkaString>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupListing {
    /// Its id.
    pub group_id: KafkaString,
    /// Its protocol type; empty for one that only keeps offsets.
    pub protocol_type: KafkaString,
    /// Its state; empty where nodes do not tell.
    pub state: KafkaString,
    /// Its type; empty where nodes do not tell.
    pub group_type: KafkaString,
}

impl Admin {
    /// The groups of all brokers, by id, and the errors of brokers that did not tell theirs.
    ///
    /// # Errors
    ///
    /// No node told of the cluster.
    pub async fn list_groups(
        &self,
        filter: &GroupFilter,
    ) -> Result<(Vec<GroupListing>, Vec<ClientError>), ClientError> {
        let cluster = self.client.metadata().refresh(self.deadline()).await?;
        let asked = cluster.brokers.keys().map(|broker| self.groups_of(*broker, filter));
        let (mut groups, mut errors) = (Vec::new(), Vec::new());
        for result in join_all(asked).await {
            match result {
                Ok(response) => groups.extend(listings(response, filter)),
                Err(error) => errors.push(error),
            }
        }
        groups.sort();
        groups.dedup_by(|a, b| a.group_id == b.group_id);
        Ok((groups, errors))
    }

    async fn groups_of(&self, broker: i32, filter: &GroupFilter) -> Result<ListGroupsResponse, ClientError> {
        // Old nodes call all their groups classic, and cannot be asked for states.
        let wants_types = filter.types.iter().any(|kind| !kind.eq_ignore_ascii_case("classic"));
        let first = match (wants_types, filter.states.is_empty()) {
            (true, _) => 5,
            (false, false) => 4,
            (false, true) => 0,
        };
        let call = CallOptions { versions: Versions::new(first, i16::MAX), ..self.options() };
        let request = |version| ListGroupsRequest {
            states_filter: filter.states.clone(),
            types_filter: if version >= 5 { filter.types.clone() } else { Vec::new() },
            ..ListGroupsRequest::default()
        };
        let check = |response: &ListGroupsResponse| ErrorCode::from(response.error_code);
        let response = self.client.call(&Target::Broker(broker), call, request, check).await;
        let response = response.map_err(|error| match is_unsupported(&error) {
            true => unsupported(ApiKey::ListGroups, "choose groups by state or type"),
            false => error,
        })?;
        ApiError::check(response.error_code, None)?;
        Ok(response)
    }
}

fn listings(response: ListGroupsResponse, filter: &GroupFilter) -> Vec<GroupListing> {
    let fits = |group: &GroupListing| {
        filter.protocol_types.is_empty() || filter.protocol_types.contains(&group.protocol_type)
    };
    let listing = |group: ottla_wire::api::list_groups::ListedGroup| GroupListing {
        group_id: group.group_id,
        protocol_type: group.protocol_type,
        state: group.group_state,
        group_type: group.group_type,
    };
    response.groups.into_iter().map(listing).filter(fits).collect()
}
