//! `abort`.

use ottla_client::admin::HangingTransaction;
use ottla_client::{Admin, TopicPartition};
use ottla_record::{Offset, ProducerId};
use ottla_wire::ErrorCode;

use super::{COORDINATOR_EPOCH, PRODUCER_EPOCH, PRODUCER_ID, START_OFFSET, failure, partition, told};
use crate::frame::{Arguments, Stop, message_of};

pub(super) async fn run(admin: &Admin, arguments: &Arguments) -> Result<(), Stop> {
    let transaction = match arguments.long(&START_OFFSET)? {
        Some(start) => find(admin, partition(arguments)?, Offset(start)).await?,
        None => as_given(arguments)?,
    };
    admin.abort_transaction(&transaction).await.map_err(|error| {
        let spec = text_of(&transaction);
        let request = format!("WriteTxnMarkers request with {spec} failed");
        let reason = match error.code() {
            ErrorCode::ClusterAuthorizationFailed => format!("{request} due to cluster authorization error"),
            ErrorCode::InvalidProducerEpoch => format!("{request} due an invalid producer epoch"),
            ErrorCode::TransactionCoordinatorFenced => format!(
                "{request} since the provided coordinator epoch {} has been fenced by the active coordinator",
                transaction.coordinator_epoch
            ),
            _ => format!("{request} due to unexpected error: {}", message_of(&error)),
        };
        failure(&format!("Failed to abort transaction {spec}"), &told(&error, reason))
    })
}

fn text_of(transaction: &HangingTransaction) -> String {
    format!(
        "AbortTransactionSpec(topicPartition={}, producerId={}, producerEpoch={}, coordinatorEpoch={})",
        transaction.partition,
        transaction.producer_id.0,
        transaction.producer_epoch,
        transaction.coordinator_epoch
    )
}

/// The transaction as the command line describes it.
fn as_given(arguments: &Arguments) -> Result<HangingTransaction, Stop> {
    let said = |text: &str| Stop::Said(text.to_owned());
    let Some(producer_id) = arguments.long(&PRODUCER_ID)? else {
        return Err(said(
            "The transaction to abort must be identified either with --start-offset (for brokers on 3.0 or above) or \
             with --producer-id, --producer-epoch, and --coordinator-epoch (for older brokers)",
        ));
    };
    let epoch = arguments.integer(&PRODUCER_EPOCH)?.and_then(|epoch| i16::try_from(epoch).ok());
    let producer_epoch = epoch.ok_or_else(|| said("Missing required argument --producer-epoch"))?;
    let coordinator_epoch = arguments.integer(&COORDINATOR_EPOCH)?;
    let coordinator_epoch =
        coordinator_epoch.ok_or_else(|| said("Missing required argument --coordinator-epoch"))?;
    Ok(HangingTransaction {
        partition: partition(arguments)?,
        producer_id: ProducerId(producer_id),
        producer_epoch,
        // No coordinator has written for the producer yet; 0 is not above the epoch of any.
        coordinator_epoch: coordinator_epoch.max(0),
    })
}

/// The transaction that is open from an offset on.
async fn find(admin: &Admin, partition: TopicPartition, start: Offset) -> Result<HangingTransaction, Stop> {
    for result in admin.describe_producers(std::slice::from_ref(&partition)).await.into_values() {
        let producers = result.map_err(|error| {
            let what = format!("Failed to validate producer state for partition {partition}");
            failure(&what, &message_of(&error))
        })?;
        let found = producers.iter().find(|producer| producer.current_transaction_start == Some(start));
        if let Some(producer) = found {
            return Ok(HangingTransaction {
                partition,
                producer_id: producer.producer_id,
                producer_epoch: i16::try_from(producer.producer_epoch).unwrap_or(i16::MAX),
                coordinator_epoch: producer.coordinator_epoch.unwrap_or(0),
            });
        }
    }
    Err(Stop::Said(format!(
        "Could not find any open transactions starting at offset {} on partition {partition}",
        start.0
    )))
}
