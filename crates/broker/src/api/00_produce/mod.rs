//! Produce, versions 3 to 13: appends batches to the partitions that this node leads.
//!
//! The append happens when the request is started, before anything is waited for, so that the requests of a connection are
//! appended in their order while their answers wait. Each batch is checked and changed where it stands in the frame, and
//! written from there.
//!
//! The first batch of a transaction on a partition needs the word of the transaction's coordinator. Until that has come and
//! the batch is appended, no other request of the connection is started.
//!
//! Missing: authorization, quotas.

mod append;
mod decode;
mod find;
mod respond;
#[cfg(test)]
mod tests;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use ottla_record::Offset;
use ottla_wire::ErrorCode;

use self::append::{Appended, Call};
use self::decode::Request;
use self::verify::{Verdict, Verification};
use super::{Reply, RequestContext, RequestError, Started};
use crate::broker::Broker;
use crate::partitions::{Partition, Registration, Wanted};

/// The client id under which Kafka's own admin client may write to internal topics.
const ADMIN_CLIENT_ID: &str = "__admin_client";

const ACKS_ALL: i16 = -1;
const ACKS_NONE: i16 = 0;
const ACKS_LEADER: i16 = 1;

/// Appends, and answers at once where nothing is to be waited for.
pub(super) fn start(
    broker: &Arc<Broker>,
    context: RequestContext,
    mut body: BytesMut,
) -> Result<Started, RequestError> {
    let version = context.api_version;
    let request = Request::locate(&body, version)?;
    let mut verdicts = Vec::new();
    if let Some(mut verification) = Verification::of(&broker.partitions, version, &request, &body) {
        if let Some(question) = verification.begin(broker.now()) {
            let broker = Arc::clone(broker);
            return Ok(Started::Alone(Box::pin(async move {
                verification.ask(&broker, question).await;
                let verdicts = verification.into_verdicts();
                let appended = append(&broker, &context, &request, &mut body, &verdicts);
                drop(body);
                end(&broker, &context, &request, appended).await
            })));
        }
        verdicts = verification.into_verdicts();
    }
    let appended = append(broker, &context, &request, &mut body, &verdicts);
    // Its bytes are in the log; the frame need not outlive them.
    drop(body);
    if !must_wait(&appended, request.acks) {
        return Ok(Started::Done(respond::reply(broker, &context, request.acks, appended)));
    }
    let broker = Arc::clone(broker);
    Ok(Started::Waiting(Box::pin(async move { end(&broker, &context, &request, appended).await })))
}

fn append(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: &Request,
    body: &mut BytesMut,
    verdicts: &[Verdict],
) -> Vec<Appended> {
    let call = Call {
        partitions: &broker.partitions,
        version: context.api_version,
        may_write_internal_topics: context.client_id.as_deref() == Some(ADMIN_CLIENT_ID),
        now: broker.now(),
    };
    append::append(&call, request, body, verdicts)
}

/// Waits for what must be waited for; the answer.
async fn end(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: &Request,
    mut appended: Vec<Appended>,
) -> Reply {
    let timeout = Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0));
    flush(broker, &mut appended).await;
    if request.acks == ACKS_ALL {
        wait_for_replicas(&mut appended, timeout).await;
    }
    respond::reply(broker, context, request.acks, appended)
}

fn must_wait(appended: &[Appended], acks: i16) -> bool {
    appended.iter().any(|appended| {
        appended.must_flush || acks == ACKS_ALL && appended.awaited().is_some_and(|(_, is_there)| !is_there)
    })
}

/// Brings the logs that ask for it to stable storage, before anyone is told that records are there.
async fn flush(broker: &Arc<Broker>, appended: &mut [Appended]) {
    for appended in appended.iter_mut().filter(|appended| appended.must_flush) {
        let Some((partition, offset)) = appended.required.clone() else { continue };
        let now = broker.now();
        let flushed = tokio::task::spawn_blocking(move || partition.flush(offset, now)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            appended.fail(ErrorCode::KafkaStorageError);
        }
    }
}

/// Waits until all replicas in sync have what was appended, or time is up.
async fn wait_for_replicas(appended: &mut [Appended], timeout: Duration) {
    let waited = tokio::time::timeout(timeout, async {
        loop {
            let missing: Vec<(Arc<Partition>, Offset)> = appended
                .iter()
                .filter_map(|appended| appended.awaited().filter(|(_, is_there)| !is_there))
                .filter(|(required, _)| required.0.is_leader())
                .map(|(required, _)| required.clone())
                .collect();
            if missing.is_empty() {
                break;
            }
            let mut registration = Registration::for_high_watermarks(missing.len());
            for (partition, offset) in &missing {
                registration.add(partition, Wanted::HighWatermark(*offset), partition.high_watermark());
            }
            registration.done().await;
        }
    });
    let is_late = waited.await.is_err();
    for appended in appended {
        let Some(((partition, _), is_there)) = appended.awaited() else { continue };
        let error = match is_there {
            true if partition.has_enough_replicas() => continue,
            true => ErrorCode::NotEnoughReplicasAfterAppend,
            false if !partition.directory().is_online() => ErrorCode::KafkaStorageError,
            false if !partition.is_leader() => ErrorCode::NotLeaderOrFollower,
            false if is_late => ErrorCode::RequestTimedOut,
            false => continue,
        };
        appended.fail(error);
    }
}
