//! `list`, `describe` and `describe-producers`.

use ottla_client::admin::{ActiveProducer, TransactionDescription, TransactionFilter, TransactionListing};
use ottla_client::{Admin, ClientError, TopicPartition};
use ottla_io::{Clock, SystemClock};
use ottla_wire::ErrorCode;

use super::{failure, told};
use crate::frame::{Console, Stop, message_of, write_table};
use crate::java::{CAPACITY, hash_of_partition, sort_as_map};

/// The states that Kafka's client knows; others are unknown to it.
const STATES: [&str; 8] = [
    "Ongoing",
    "PrepareAbort",
    "PrepareCommit",
    "CompleteAbort",
    "CompleteCommit",
    "Empty",
    "PrepareEpochFence",
    "Unknown",
];

pub(super) async fn list(
    admin: &Admin,
    filter: &TransactionFilter,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let failed = |error: &ClientError, broker: Option<i32>| {
        let reason = match broker {
            Some(broker) => {
                let why = match error.code() {
                    ErrorCode::CoordinatorNotAvailable => "failed because the coordinator is shutting down",
                    _ => "failed with an unexpected exception",
                };
                told(error, format!("ListTransactions request sent to broker {broker} {why}"))
            }
            None => message_of(error),
        };
        failure("Failed to list transactions", &reason)
    };
    let listings = admin.list_transactions(filter).await.map_err(|error| failed(&error, None))?;
    let mut rows = Vec::new();
    for (broker, listings) in listings {
        let listings = listings.map_err(|error| failed(&error, Some(broker)))?;
        rows.extend(listings.iter().map(|listing| row_of_listing(broker, listing)));
    }
    let headers = ["TransactionalId", "Coordinator", "ProducerId", "TransactionState"];
    Ok(write_table(console.out(), &headers, &rows)?)
}

fn row_of_listing(broker: i32, listing: &TransactionListing) -> Vec<String> {
    vec![
        listing.transactional_id.to_string(),
        broker.to_string(),
        listing.producer_id.0.to_string(),
        state(&listing.state).to_owned(),
    ]
}

fn state(name: &str) -> &'static str {
    STATES.into_iter().find(|known| *known == name).unwrap_or("Unknown")
}

pub(super) async fn describe(admin: &Admin, id: &str, console: &mut Console<'_>) -> Result<(), Stop> {
    for (id, result) in admin.describe_transactions(&[id.into()]).await {
        let description = result.map_err(|error| {
            let why = match error.code() {
                ErrorCode::TransactionalIdAuthorizationFailed => "failed due to authorization failure",
                ErrorCode::TransactionalIdNotFound => "failed because the ID could not be found",
                _ => "failed due to unexpected error",
            };
            let reason = format!("DescribeTransactions request for transactionalId `{id}` {why}");
            let what = format!("Failed to describe transaction state of transactional-id `{id}`");
            failure(&what, &told(&error, reason))
        })?;
        let row = row_of_description(&id, &description, SystemClock::new().now_ms());
        let headers = [
            "CoordinatorId",
            "TransactionalId",
            "ProducerId",
            "ProducerEpoch",
            "TransactionState",
            "TransactionTimeoutMs",
            "CurrentTransactionStartTimeMs",
            "TransactionDurationMs",
            "TopicPartitions",
        ];
        write_table(console.out(), &headers, &[row])?;
    }
    Ok(())
}

fn row_of_description(id: &str, description: &TransactionDescription, now: i64) -> Vec<String> {
    let mut partitions: Vec<&TopicPartition> = description.partitions.iter().collect();
    sort_as_map(&mut partitions, CAPACITY, |partition| {
        hash_of_partition(&partition.topic, partition.partition)
    });
    let partitions: Vec<String> = partitions.into_iter().map(TopicPartition::to_string).collect();
    let or_none = |number: Option<i64>| number.map_or_else(|| "None".to_owned(), |number| number.to_string());
    vec![
        description.coordinator.to_string(),
        id.to_owned(),
        description.producer_id.0.to_string(),
        description.producer_epoch.to_string(),
        state(&description.state).to_owned(),
        description.timeout_ms.to_string(),
        or_none(description.start.map(|start| start.0)),
        or_none(description.start.map(|start| now - start.0)),
        partitions.join(","),
    ]
}

pub(super) async fn describe_producers(
    admin: &Admin,
    partition: &TopicPartition,
    broker: Option<i32>,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let partitions = [partition.clone()];
    let results = match broker {
        Some(broker) => admin.describe_producers_at(broker, &partitions).await,
        None => admin.describe_producers(&partitions).await,
    };
    let mut rows = Vec::new();
    for result in results.into_values() {
        let producers = result.map_err(|error| {
            let place = broker.map_or_else(|| "leader".to_owned(), |broker| format!("broker {broker}"));
            let what = format!("Failed to describe producers for partition {partition} on {place}");
            failure(&what, &message_of(&error))
        })?;
        rows.extend(producers.iter().map(row_of_producer));
    }
    let headers = [
        "ProducerId",
        "ProducerEpoch",
        "LatestCoordinatorEpoch",
        "LastSequence",
        "LastTimestamp",
        "CurrentTransactionStartOffset",
    ];
    Ok(write_table(console.out(), &headers, &rows)?)
}

fn row_of_producer(producer: &ActiveProducer) -> Vec<String> {
    let start = producer.current_transaction_start;
    vec![
        producer.producer_id.0.to_string(),
        producer.producer_epoch.to_string(),
        producer.coordinator_epoch.unwrap_or(-1).to_string(),
        producer.last_sequence.to_string(),
        producer.last_timestamp.0.to_string(),
        start.map_or_else(|| "None".to_owned(), |start| start.0.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use ottla_record::{ProducerId, Timestamp};

    use super::*;

    #[test]
    fn a_description_is_one_row() {
        let description = TransactionDescription {
            coordinator: 1,
            state: "Ongoing".into(),
            producer_id: ProducerId(1000),
            producer_epoch: 3,
            timeout_ms: 60_000,
            start: Some(Timestamp(100)),
            partitions: [0, 1].map(|index| TopicPartition::new("t", index)).into(),
        };
        assert_eq!(
            row_of_description("id", &description, 350),
            ["1", "id", "1000", "3", "Ongoing", "60000", "100", "250", "t-1,t-0"]
        );
        let idle = TransactionDescription {
            state: "Dead".into(),
            start: None,
            partitions: [].into(),
            ..description
        };
        let row = row_of_description("id", &idle, 350);
        assert_eq!(row[4..], ["Unknown", "60000", "None", "None", ""]);
    }
}
