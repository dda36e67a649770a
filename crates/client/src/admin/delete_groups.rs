//! DeleteGroups.

use futures_util::future::join_all;
use ottla_wire::api::delete_groups::DeleteGroupsRequest;
use ottla_wire::{ErrorCode, KafkaString};

use super::{Admin, Results, outcome};
use crate::client::Target;
use crate::error::ClientError;

impl Admin {
    /// Deletes groups without members, with all their offsets, each by itself.
    pub async fn delete_groups(&self, group_ids: &[KafkaString]) -> Results<KafkaString, ()> {
        let asked = group_ids.iter().map(|id| async move { (id.clone(), self.delete_group(id).await) });
        join_all(asked).await.into_iter().collect()
    }

    async fn delete_group(&self, id: &KafkaString) -> Result<(), ClientError> {
        let request =
            DeleteGroupsRequest { groups_names: vec![id.clone()], ..DeleteGroupsRequest::default() };
        let response = self
            .call(&Target::group(id.clone()), request, |response| {
                response.results.first().map_or(ErrorCode::None, |group| group.error_code.into())
            })
            .await?;
        let code = response.results.first().map_or(ErrorCode::GroupIdNotFound.number(), |r| r.error_code);
        outcome(code, None)
    }
}
