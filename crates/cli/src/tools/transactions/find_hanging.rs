//! `find-hanging`: transactions that are open in a partition, of which no coordinator knows any more (KIP-664).

use std::collections::BTreeMap;

use ottla_client::admin::{
    ActiveProducer, DescribeTopicsOptions, TopicSelector, TransactionDescription, TransactionFilter,
};
use ottla_client::{Admin, TopicPartition};
use ottla_io::{Clock, SystemClock};
use ottla_record::ProducerId;
use ottla_wire::{ErrorCode, KafkaString};

use super::{BROKER_ID, MAX_TRANSACTION_TIMEOUT, PARTITION, TOPIC, failure, partition};
use crate::frame::{Arguments, Console, Stop, message_of, write_table};

/// Topics or partitions in one request.
const BATCH: usize = 500;
const MINUTE_MS: i64 = 60_000;

/// A transaction that is open in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    partition: TopicPartition,
    producer: ActiveProducer,
}

pub(super) async fn run(admin: &Admin, arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let (topic, broker) = (arguments.value(&TOPIC)?, arguments.integer(&BROKER_ID)?);
    let said = |text: &str| Err(Stop::Said(text.to_owned()));
    if topic.is_none() && broker.is_none() {
        return said(
            "The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search",
        );
    }
    let has_partition = arguments.has(&PARTITION);
    if has_partition && topic.is_none() {
        return said("The --partition argument requires --topic to be provided");
    }
    let minutes = i64::from(arguments.integer(&MAX_TRANSACTION_TIMEOUT)?.unwrap_or_default());
    let partitions = match (has_partition, topic) {
        (true, _) => vec![partition(arguments)?],
        (false, Some(topic)) => partitions_of(admin, &[topic.into()], broker).await?,
        (false, None) => partitions_of(admin, &all_topics(admin).await?, broker).await?,
    };
    let now = SystemClock::new().now_ms();
    let candidates = candidates(admin, &partitions, broker, now - minutes * MINUTE_MS).await?;
    let hanging = if candidates.is_empty() { candidates } else { hanging(admin, candidates).await? };
    let rows: Vec<Vec<String>> = hanging.iter().map(|open| row(open, now)).collect();
    let headers = [
        "Topic",
        "Partition",
        "ProducerId",
        "ProducerEpoch",
        "CoordinatorEpoch",
        "StartOffset",
        "LastTimestamp",
        "Duration(min)",
    ];
    Ok(write_table(console.out(), &headers, &rows)?)
}

async fn all_topics(admin: &Admin) -> Result<Vec<KafkaString>, Stop> {
    let topics = admin.list_topics().await;
    let topics = topics.map_err(|error| failure("Failed to list topics", &message_of(&error)))?;
    Ok(topics.into_iter().map(|topic| topic.name).collect())
}

/// The partitions of topics, only those on the broker if one is given.
async fn partitions_of(
    admin: &Admin,
    topics: &[KafkaString],
    broker: Option<i32>,
) -> Result<Vec<TopicPartition>, Stop> {
    let mut partitions = Vec::new();
    for batch in topics.chunks(BATCH) {
        let failed =
            |error| failure(&format!("Failed to describe {} topics", batch.len()), &message_of(&error));
        let selected: Vec<TopicSelector> = batch.iter().cloned().map(TopicSelector::Name).collect();
        let described =
            admin.describe_topics(&selected, DescribeTopicsOptions::default()).await.map_err(failed)?;
        for topic in described.into_values() {
            let topic = topic.map_err(failed)?;
            let here = topic
                .partitions
                .iter()
                .filter(|partition| broker.is_none_or(|broker| partition.replicas.contains(&broker)));
            partitions.extend(here.map(|partition| TopicPartition::new(topic.name.clone(), partition.index)));
        }
    }
    Ok(partitions)
}

/// The transactions that are open, and in which nothing was written since `before`.
async fn candidates(
    admin: &Admin,
    partitions: &[TopicPartition],
    broker: Option<i32>,
    before: i64,
) -> Result<Vec<Open>, Stop> {
    let mut candidates = Vec::new();
    for batch in partitions.chunks(BATCH) {
        let results = match broker {
            Some(broker) => admin.describe_producers_at(broker, batch).await,
            None => admin.describe_producers(batch).await,
        };
        for (partition, producers) in results {
            let producers = producers.map_err(|error| {
                let broker = broker
                    .map_or_else(|| "Optional.empty".to_owned(), |broker| format!("Optional[{broker}]"));
                let count = batch.len();
                let what = format!("Failed to describe producers for {count} partitions on broker {broker}");
                failure(&what, &message_of(&error))
            })?;
            let open = producers.into_iter().filter(|producer| {
                producer.current_transaction_start.is_some() && producer.last_timestamp.0 < before
            });
            candidates.extend(open.map(|producer| Open { partition: partition.clone(), producer }));
        }
    }
    Ok(candidates)
}

/// Those of which their coordinators know nothing.
async fn hanging(admin: &Admin, candidates: Vec<Open>) -> Result<Vec<Open>, Stop> {
    let mut by_producer: BTreeMap<i64, Vec<Open>> = BTreeMap::new();
    for open in candidates {
        by_producer.entry(open.producer.producer_id.0).or_default().push(open);
    }
    let ids = transactional_ids(admin, by_producer.keys().copied().collect()).await?;
    let names: Vec<KafkaString> = ids.values().cloned().collect();
    let mut descriptions = BTreeMap::new();
    for (id, result) in admin.describe_transactions(&names).await {
        match result {
            Ok(description) => {
                descriptions.insert(id, description);
            }
            Err(error) if error.code() == ErrorCode::TransactionalIdNotFound => {}
            Err(error) => {
                let what = format!("Failed to describe {} transactions", names.len());
                return Err(failure(&what, &message_of(&error)));
            }
        }
    }
    let known = |producer: i64| ids.get(&producer).and_then(|id| descriptions.get(id));
    let lists = by_producer.into_iter().map(|(producer, open)| unknown_to(known(producer), open));
    Ok(lists.flatten().collect())
}

/// Those to which the coordinator will write no marker.
fn unknown_to(description: Option<&TransactionDescription>, open: Vec<Open>) -> Vec<Open> {
    let takes_part =
        |open: &Open| description.is_some_and(|known| known.partitions.contains(&open.partition));
    open.into_iter().filter(|open| !takes_part(open)).collect()
}

async fn transactional_ids(admin: &Admin, producers: Vec<i64>) -> Result<BTreeMap<i64, KafkaString>, Stop> {
    let count = producers.len();
    let failed =
        |error| failure(&format!("Failed to list transactions for {count} producers"), &message_of(&error));
    let filter = TransactionFilter {
        producer_ids: producers.iter().copied().map(ProducerId).collect(),
        ..TransactionFilter::default()
    };
    let mut ids = BTreeMap::new();
    for listings in admin.list_transactions(&filter).await.map_err(failed)?.into_values() {
        let listings = listings.map_err(failed)?.into_iter();
        let asked = listings.filter(|listing| producers.contains(&listing.producer_id.0));
        ids.extend(asked.map(|listing| (listing.producer_id.0, listing.transactional_id)));
    }
    Ok(ids)
}

fn row(open: &Open, now: i64) -> Vec<String> {
    let producer = &open.producer;
    vec![
        open.partition.topic.to_string(),
        open.partition.partition.to_string(),
        producer.producer_id.0.to_string(),
        producer.producer_epoch.to_string(),
        producer.coordinator_epoch.unwrap_or(-1).to_string(),
        producer.current_transaction_start.map_or(-1, |start| start.0).to_string(),
        producer.last_timestamp.0.to_string(),
        ((now - producer.last_timestamp.0) / MINUTE_MS).to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use ottla_record::{Offset, Timestamp};

    use super::*;

    #[test]
    fn what_takes_part_does_not_hang() {
        let open = |index| Open {
            partition: TopicPartition::new("t", index),
            producer: ActiveProducer {
                producer_id: ProducerId(7),
                producer_epoch: 2,
                last_sequence: 4,
                last_timestamp: Timestamp(1000),
                coordinator_epoch: None,
                current_transaction_start: Some(Offset(5)),
            },
        };
        let description = TransactionDescription {
            coordinator: 1,
            state: "Ongoing".into(),
            producer_id: ProducerId(7),
            producer_epoch: 2,
            timeout_ms: 1,
            start: None,
            partitions: [TopicPartition::new("t", 0)].into(),
        };
        let hanging = unknown_to(Some(&description), vec![open(0), open(1)]);
        assert_eq!(hanging, [open(1)]);
        assert_eq!(unknown_to(None, vec![open(0)]).len(), 1);
        assert_eq!(row(&open(1), 121_000), ["t", "1", "7", "2", "-1", "5", "1000", "2"]);
    }
}
