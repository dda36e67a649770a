//! Signs of life to the coordinator, between and during polls.

use std::sync::Arc;

use ottla_wire::api::Request;
use ottla_wire::api::heartbeat::HeartbeatRequest;
use ottla_wire::{ErrorCode, KafkaString, Versions};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep_until};

use super::membership::{Generation, HeartbeatAction, Membership};
use crate::client::{Client, Target};
use crate::coordinator::CoordinatorKind;
use crate::error::ClientError;

/// A membership that the consumer and its heartbeats share.
#[derive(Debug)]
pub(super) struct SharedMembership {
    membership: Mutex<Membership>,
    /// Tells the heartbeats that something changed.
    changed: Notify,
    /// Tells the consumer that the heartbeats learnt something.
    pub(super) news: Notify,
}

impl SharedMembership {
    pub(super) fn new(membership: Membership) -> Self {
        Self { membership: Mutex::new(membership), changed: Notify::new(), news: Notify::new() }
    }

    /// Looks at the membership or changes it; the heartbeats take note.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Membership) -> T) -> T {
        let result = work(&mut self.membership.lock());
        self.changed.notify_one();
        result
    }

    /// Looks at the membership.
    pub(super) fn look<T>(&self, work: impl FnOnce(&Membership) -> T) -> T {
        work(&self.membership.lock())
    }
}

/// Makes one request of a group's coordinator, without trying again. An answer that does not come lets the
/// coordinator be looked up anew.
pub(super) async fn call_coordinator<R: Request>(
    client: &Client,
    group: &KafkaString,
    request: &R,
    limit: Duration,
) -> Result<R::Response, ClientError> {
    let deadline = client.deadline().max(Instant::now() + limit);
    let call = async {
        let connection = client.connection(&Target::group(group.clone()), deadline).await?;
        Ok(connection.call(request, Versions::ALL, limit).await?)
    };
    let result = call.await;
    if matches!(&result, Err(error @ ClientError::Call(_)) if error.is_retriable()) {
        client.forget_coordinator(CoordinatorKind::Group, group);
    }
    result
}

/// The task that sends heartbeats as long as there is a membership to keep.
pub(super) async fn run(shared: Arc<SharedMembership>, client: Client) {
    let group = shared.look(|membership| membership.settings().group_id.clone());
    let mut calls = JoinSet::new();
    loop {
        let action = shared.membership.lock().heartbeat(Instant::now());
        let wake = match action {
            HeartbeatAction::Rest => None,
            HeartbeatAction::WaitUntil(at) => Some(at),
            HeartbeatAction::Send(request, sent) => {
                calls.spawn(beat(Arc::clone(&shared), client.clone(), request, sent));
                continue;
            }
            HeartbeatAction::CoordinatorLost => {
                find_again(&shared, &client, &group).await;
                continue;
            }
            HeartbeatAction::Leave(request) => {
                shared.news.notify_one();
                if let Some(request) = request {
                    let (client, group) = (client.clone(), group.clone());
                    calls.spawn(async move {
                        let limit = client.config().request_timeout;
                        if let Err(error) = call_coordinator(&client, &group, &request, limit).await {
                            tracing::debug!(%error, "could not leave the group");
                        }
                    });
                }
                continue;
            }
        };
        let timer = async {
            match wake {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shared.changed.notified() => {}
            () = timer => {}
            Some(_) = calls.join_next() => {}
        }
    }
}

async fn beat(shared: Arc<SharedMembership>, client: Client, request: HeartbeatRequest, sent: Generation) {
    let limit = client.config().request_timeout;
    let result = call_coordinator(&client, &request.group_id, &request, limit).await;
    let now = Instant::now();
    match result {
        Ok(response) => {
            let code = ErrorCode::from(response.error_code);
            if shared.membership.lock().handle_heartbeat(now, &sent, code) {
                client.forget_coordinator(CoordinatorKind::Group, &request.group_id);
                shared.membership.lock().heartbeat_failed(now);
            }
            if code != ErrorCode::None {
                tracing::debug!(code = code.name(), generation = sent.id, "heartbeat failed");
                shared.news.notify_one();
            }
        }
        Err(error) => {
            tracing::debug!(%error, generation = sent.id, "no answer to a heartbeat");
            shared.membership.lock().heartbeat_failed(now);
        }
    }
}

async fn find_again(shared: &SharedMembership, client: &Client, group: &KafkaString) {
    tracing::info!(%group, "session timed out without hearing of the coordinator, looking it up again");
    client.forget_coordinator(CoordinatorKind::Group, group);
    match client.coordinator(CoordinatorKind::Group, group, client.deadline()).await {
        Ok(_) => shared.membership.lock().coordinator_found(Instant::now()),
        Err(error) => {
            tracing::warn!(%error, %group, "could not find the coordinator");
            let backoff = shared.look(|membership| membership.settings().retry_backoff);
            tokio::time::sleep(backoff).await;
        }
    }
}
