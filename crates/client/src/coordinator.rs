//! Finding coordinators.

use std::pin::Pin;

use ottla_wire::api::find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse};
use ottla_wire::{ErrorCode, KafkaString};
use tokio::time::Instant;

use crate::client::{CallOptions, Client, Target};
use crate::error::{ApiError, ClientError};

/// Without a type of its own, since looking up a coordinator is itself a call.
type Finding<'a> = Pin<Box<dyn Future<Output = Result<i32, ClientError>> + Send + 'a>>;

/// What is coordinated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i8)]
pub enum CoordinatorKind {
    /// A group, by its id.
    Group = 0,
    /// Transactions, by transactional id.
    Transaction = 1,
}

impl Client {
    /// The broker that coordinates a key: remembered, or else looked up until one is found.
    ///
    /// # Errors
    ///
    /// There is none for a reason that does not pass, or none was found until `deadline`.
    pub async fn coordinator(
        &self,
        kind: CoordinatorKind,
        key: &KafkaString,
        deadline: Instant,
    ) -> Result<i32, ClientError> {
        if let Some(id) = self.known_coordinator(kind, key) {
            return Ok(id);
        }
        let options = CallOptions { deadline: Some(deadline), ..CallOptions::default() };
        let found = Box::pin(self.call(
            &Target::Any,
            options,
            |version| request(kind, key, version),
            |response| outcome(response).map_or_else(|error| error.code, |_| ErrorCode::None),
        ));
        let id = outcome(&found.await?)?;
        self.remember_coordinator(kind, key, id);
        Ok(id)
    }
}

/// [`Client::coordinator`] for the use of calls.
pub(crate) fn find<'a>(
    client: &'a Client,
    kind: CoordinatorKind,
    key: &'a KafkaString,
    deadline: Instant,
) -> Finding<'a> {
    Box::pin(client.coordinator(kind, key, deadline))
}

/// Several keys can be asked for from version 4 on (KIP-699).
fn request(kind: CoordinatorKind, key: &KafkaString, version: i16) -> FindCoordinatorRequest {
    let mut request = FindCoordinatorRequest { key_type: kind as i8, ..FindCoordinatorRequest::default() };
    if version >= 4 {
        request.coordinator_keys = vec![key.clone()];
    } else {
        request.key = key.clone();
    }
    request
}

fn outcome(response: &FindCoordinatorResponse) -> Result<i32, ApiError> {
    match response.coordinators.first() {
        Some(found) => {
            ApiError::check(found.error_code, found.error_message.as_ref()).map(|()| found.node_id)
        }
        None => {
            ApiError::check(response.error_code, response.error_message.as_ref()).map(|()| response.node_id)
        }
    }
}
