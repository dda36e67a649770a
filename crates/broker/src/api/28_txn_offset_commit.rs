//! TxnOffsetCommit, versions 0 to 5: a transaction stores how far a group has read, if it is committed.
//!
//! Offsets are only stored for partitions that exist. The coordinator of the transaction is asked before its first commit,
//! as before its first batch of records; from version 5 on it adds the partition of the group's offsets, which older
//! clients have added before (KIP-890).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_controller::image::TopicsImage;
use ottla_coordinator::TransactionalProducer;
use ottla_group::{Response, operation_error};
use ottla_log::producer_state::VerificationGuard;
use ottla_record::{NO_SEQUENCE, ProducerId};
use ottla_wire::ErrorCode;
use ottla_wire::api::txn_offset_commit::{
    TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
    TxnOffsetCommitResponse, TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};

use super::RequestContext;
use crate::broker::Broker;
use crate::coordinator::CONSUMER_OFFSETS;
use crate::coordinator::transaction::{ClientSupport, Question};

/// First version whose clients understand that a coordinator is loading.
const LOADING_VERSION: i16 = 2;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    mut request: TxnOffsetCommitRequest,
) -> TxnOffsetCommitResponse {
    let mut answered = Vec::new();
    {
        let image = broker.metadata.peek();
        let topics = std::mem::take(&mut request.topics);
        request.topics =
            topics.into_iter().filter_map(|topic| existing(image.topics(), topic, &mut answered)).collect();
    }
    if !request.topics.is_empty() {
        let topics = match commit(broker, context, &request).await {
            Ok(stored) => stored.topics,
            Err(error) => {
                let error = as_known(context.api_version, error);
                request.topics.iter().map(|topic| answer(topic, &topic.partitions, error)).collect()
            }
        };
        merge(&mut answered, topics);
    }
    TxnOffsetCommitResponse { topics: answered, ..TxnOffsetCommitResponse::default() }
}

async fn commit(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: &TxnOffsetCommitRequest,
) -> Result<TxnOffsetCommitResponse, ErrorCode> {
    if request.group_id.is_empty() {
        return Err(ErrorCode::InvalidGroupId);
    }
    let partition = broker.groups.partition_of(&request.group_id);
    let guard = verify(broker, context.api_version, partition, request).await.map_err(operation_error)?;
    let request = request.clone();
    let committing = broker.groups.call_verified(partition, guard, move |groups, now, token| {
        groups.handle_txn_offset_commit(now, &request, token)
    });
    match committing.await? {
        Response::TxnOffsetCommit(response) => Ok(response),
        _ => Err(ErrorCode::UnknownServerError),
    }
}

/// Asks the coordinator of the transaction, if the partition of the group's offsets does not know that to be open.
async fn verify(
    broker: &Arc<Broker>,
    version: i16,
    index: i32,
    request: &TxnOffsetCommitRequest,
) -> Result<Option<VerificationGuard>, ErrorCode> {
    let support = ClientSupport::of_txn_offset_commit(version);
    let Some(partition) = broker.groups.partition(index) else { return Err(ErrorCode::NotCoordinator) };
    if !support.adds_partitions() && !partition.verifies_transactions() {
        return Ok(None);
    }
    let producer =
        TransactionalProducer { id: ProducerId(request.producer_id), epoch: request.producer_epoch };
    let guard = partition
        .start_verification(producer, NO_SEQUENCE, support.adds_partitions(), broker.now())
        .map_err(|failure| failure.code())?;
    if guard.is_none() {
        return Ok(None);
    }
    let question = Question {
        transactional_id: request.transactional_id.clone(),
        producer,
        support,
        partitions: vec![(CONSUMER_OFFSETS.into(), index)],
    };
    let errors = question.ask(&*broker.membership).await;
    match errors.into_values().next() {
        Some(error) => Err(error),
        None => Ok(guard),
    }
}

/// Clients before 2.0 could break down when told that a coordinator is loading.
fn as_known(version: i16, error: ErrorCode) -> ErrorCode {
    match error {
        ErrorCode::CoordinatorLoadInProgress if version < LOADING_VERSION => {
            ErrorCode::CoordinatorNotAvailable
        }
        other => other,
    }
}

/// What there is of a topic, if anything; the rest is answered.
fn existing(
    topics: &TopicsImage,
    mut topic: TxnOffsetCommitRequestTopic,
    answered: &mut Vec<TxnOffsetCommitResponseTopic>,
) -> Option<TxnOffsetCommitRequestTopic> {
    let known = topics.topic_by_name(&topic.name);
    let exists = |partition: &TxnOffsetCommitRequestPartition| {
        known.is_some_and(|known| known.partitions.contains_key(&partition.partition_index))
    };
    let (found, missing): (Vec<_>, Vec<_>) =
        std::mem::take(&mut topic.partitions).into_iter().partition(exists);
    if !missing.is_empty() {
        answered.push(answer(&topic, &missing, ErrorCode::UnknownTopicOrPartition));
    }
    topic.partitions = found;
    (!topic.partitions.is_empty()).then_some(topic)
}

fn answer(
    topic: &TxnOffsetCommitRequestTopic,
    partitions: &[TxnOffsetCommitRequestPartition],
    error: ErrorCode,
) -> TxnOffsetCommitResponseTopic {
    let partitions = partitions.iter().map(|partition| TxnOffsetCommitResponsePartition {
        partition_index: partition.partition_index,
        error_code: error.number(),
        ..TxnOffsetCommitResponsePartition::default()
    });
    TxnOffsetCommitResponseTopic {
        name: topic.name.clone(),
        partitions: partitions.collect(),
        ..TxnOffsetCommitResponseTopic::default()
    }
}

fn merge(answered: &mut Vec<TxnOffsetCommitResponseTopic>, stored: Vec<TxnOffsetCommitResponseTopic>) {
    for topic in stored {
        match answered.iter_mut().find(|answered| answered.name == topic.name) {
            Some(known) => known.partitions.extend(topic.partitions),
            None => answered.push(topic),
        }
    }
}
