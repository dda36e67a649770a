//! AddPartitionsToTxn, versions 0 to 5: partitions join a transaction (KIP-98), or are found to be part of it (KIP-890).
//!
//! Producers send it up to version 3, for one transaction; leaders of partitions from version 4 on, for several.
//!
//! Missing: authorization.

use std::sync::Arc;

use futures_util::future::join_all;
use ottla_controller::image::TopicsImage;
use ottla_txn::{Response, partitions_result};
use ottla_wire::ErrorCode;
use ottla_wire::api::add_partitions_to_txn::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, AddPartitionsToTxnResult,
    AddPartitionsToTxnTransaction,
};

use super::RequestContext;
use crate::broker::Broker;

/// First version that has several transactions.
const BATCH_VERSION: i16 = 4;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: AddPartitionsToTxnRequest,
) -> AddPartitionsToTxnResponse {
    let version = context.api_version;
    if version < BATCH_VERSION {
        let transaction = AddPartitionsToTxnTransaction {
            transactional_id: request.v3_and_below_transactional_id,
            producer_id: request.v3_and_below_producer_id,
            producer_epoch: request.v3_and_below_producer_epoch,
            topics: request.v3_and_below_topics,
            ..AddPartitionsToTxnTransaction::default()
        };
        let result = add(broker, version, transaction).await;
        return AddPartitionsToTxnResponse {
            results_by_topic_v3_and_below: result.topic_results,
            ..AddPartitionsToTxnResponse::default()
        };
    }
    let results = request.transactions.into_iter().map(|transaction| add(broker, version, transaction));
    AddPartitionsToTxnResponse {
        results_by_transaction: join_all(results).await,
        ..AddPartitionsToTxnResponse::default()
    }
}

async fn add(
    broker: &Arc<Broker>,
    version: i16,
    transaction: AddPartitionsToTxnTransaction,
) -> AddPartitionsToTxnResult {
    if let Some(refused) = refuse_unknown(broker.metadata.peek().topics(), &transaction) {
        return refused;
    }
    if transaction.transactional_id.is_empty() {
        return partitions_result(&transaction, |_, _| ErrorCode::InvalidRequest);
    }
    let answer = {
        let transaction = transaction.clone();
        let id = transaction.transactional_id.clone();
        let adding = broker.transactions.call(&id, move |transactions, now, token| {
            transactions.handle_add_partitions_to_txn(now, version, &transaction, token)
        });
        adding.await
    };
    let error = match answer {
        Ok(Response::AddPartitionsToTxn(result)) => return result,
        Ok(_) => ErrorCode::UnknownServerError,
        Err(error) => error,
    };
    partitions_result(&transaction, |_, _| error)
}

/// All or none: with a partition that there is not, the others are not added either.
fn refuse_unknown(
    topics: &TopicsImage,
    transaction: &AddPartitionsToTxnTransaction,
) -> Option<AddPartitionsToTxnResult> {
    let exists = |topic: &str, partition: i32| {
        topics.topic_by_name(topic).is_some_and(|known| known.partitions.contains_key(&partition))
    };
    let all_exist = transaction
        .topics
        .iter()
        .all(|topic| topic.partitions.iter().all(|&partition| exists(&topic.name, partition)));
    (!all_exist).then(|| {
        partitions_result(transaction, |topic, partition| match exists(topic, partition) {
            true => ErrorCode::OperationNotAttempted,
            false => ErrorCode::UnknownTopicOrPartition,
        })
    })
}

#[cfg(test)]
mod tests {
    use ottla_wire::KafkaString;
    use ottla_wire::api::add_partitions_to_txn::AddPartitionsToTxnTopic;
    use ottla_wire::api::{ApiKey, ResponseBody};

    use super::*;
    use crate::testing::Rig;

    #[tokio::test]
    async fn that_there_is_no_topic_is_told_before_that_there_is_no_id() {
        let rig = Rig::new();
        let topic = AddPartitionsToTxnTopic {
            name: KafkaString::from_static("absent"),
            partitions: vec![0],
            ..AddPartitionsToTxnTopic::default()
        };
        let request = AddPartitionsToTxnRequest {
            v3_and_below_topics: vec![topic],
            ..AddPartitionsToTxnRequest::default()
        };
        let body = rig.ask(ApiKey::AddPartitionsToTxn, 3, &request).await;
        let ResponseBody::AddPartitionsToTxn(response) = body else { panic!() };
        let told = &response.results_by_topic_v3_and_below[0].results_by_partition[0];
        assert_eq!(told.partition_error_code, ErrorCode::UnknownTopicOrPartition.number());
    }
}
