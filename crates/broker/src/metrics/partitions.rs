//! Topics, partitions, their logs and the sessions of those who read them.

use std::fmt;
use std::sync::Arc;

use ottla_log::manager::lock;
use ottla_record::Timestamp;
use prometheus_client::encoding::DescriptorEncoder;

use super::encode::{Labels, counters, gauges};
use crate::broker::Broker;
use crate::partitions::{CleanerNumbers, Partition, Partitions, TopicMetrics};

/// All that is to be told of the partitions of a node.
pub(super) fn encode(encoder: &mut DescriptorEncoder<'_>, broker: &Broker) -> fmt::Result {
    topics(encoder, &broker.partitions)?;
    let partitions = all_partitions(&broker.partitions);
    replicas(encoder, &broker.partitions, &partitions, broker.now())?;
    logs(encoder, &partitions)?;
    directories(encoder, &broker.partitions)?;
    cleaner(encoder, &broker.partitions.cleaner_numbers())?;
    sessions(encoder, broker)
}

fn all_partitions(partitions: &Partitions) -> Vec<Arc<Partition>> {
    let topics = partitions.topics();
    let mut all: Vec<_> = topics.iter().flat_map(|topic| topic.partitions().cloned()).collect();
    all.sort_by(|a, b| (&a.topic().name, a.index()).cmp(&(&b.topic().name, b.index())));
    all
}

/// What each topic has seen, and all of them together.
fn topics(encoder: &mut DescriptorEncoder<'_>, partitions: &Partitions) -> fmt::Result {
    let topics = partitions.topics();
    let mut states: Vec<_> = topics.iter().map(|topic| &topic.state).collect();
    states.sort_by(|a, b| a.name.cmp(&b.name));
    let gone: Vec<_> = partitions.gone_topics().counters().collect();
    for (index, (name, of_gone)) in gone.into_iter().enumerate() {
        let value = |metrics: &TopicMetrics| metrics.counters().nth(index).map_or(0, |(_, value)| value);
        let of_topics =
            states.iter().map(|state| (vec![("topic", state.name.to_string())], value(&state.metrics)));
        let total = of_gone + states.iter().map(|state| value(&state.metrics)).sum::<u64>();
        let of_topics = of_topics.filter(|(_, value)| *value > 0);
        let values = std::iter::once((Labels::new(), total)).chain(of_topics);
        let exported = name.trim_end_matches("PerSec").to_lowercase();
        counters(encoder, &format!("kafka_server_brokertopicmetrics_{exported}"), name, values)?;
    }
    Ok(())
}

fn replicas(
    encoder: &mut DescriptorEncoder<'_>,
    partitions: &Partitions,
    here: &[Arc<Partition>],
    now: Timestamp,
) -> fmt::Result {
    let leading = || here.iter().filter(|partition| partition.is_leader());
    let leading_that = |is_so: fn(&Partition) -> bool| leading().filter(|partition| is_so(partition)).count();
    let logs = || leading().map(|partition| lock(partition.log()));
    let offline = partitions.topics().iter().map(|topic| topic.offline_replicas()).sum();
    let values: [(&str, usize); 8] = [
        ("LeaderCount", leading().count()),
        ("PartitionCount", here.len()),
        ("OfflineReplicaCount", offline),
        ("UnderReplicatedPartitions", leading_that(Partition::is_under_replicated)),
        ("UnderMinIsrPartitionCount", leading_that(|partition| !partition.has_enough_replicas())),
        ("AtMinIsrPartitionCount", leading_that(Partition::has_just_enough_replicas)),
        ("PartitionsWithLateTransactionsCount", logs().filter(|log| log.has_late_transaction(now)).count()),
        ("ProducerIdCount", logs().map(|log| log.active_producers().count()).sum()),
    ];
    for (name, value) in values {
        let exported = format!("kafka_server_replicamanager_{}", name.to_lowercase());
        gauges(encoder, &exported, name, [(Labels::new(), value as f64)])?;
    }
    Ok(())
}

fn logs(encoder: &mut DescriptorEncoder<'_>, here: &[Arc<Partition>]) -> fmt::Result {
    let sizes: Vec<(Labels, [f64; 4])> = here
        .iter()
        .map(|partition| {
            let log = lock(partition.log());
            let values = [
                log.segment_count() as f64,
                log.log_start_offset().0 as f64,
                log.log_end_offset().0 as f64,
                log.size() as f64,
            ];
            let topic = partition.topic().name.to_string();
            (vec![("partition", partition.index().to_string()), ("topic", topic)], values)
        })
        .collect();
    for (index, name) in ["NumLogSegments", "LogStartOffset", "LogEndOffset", "Size"].into_iter().enumerate()
    {
        let values = sizes.iter().map(|(labels, values)| (labels.clone(), values[index]));
        gauges(encoder, &format!("kafka_log_log_{}", name.to_lowercase()), name, values)?;
    }
    Ok(())
}

fn directories(encoder: &mut DescriptorEncoder<'_>, partitions: &Partitions) -> fmt::Result {
    let directories = partitions.directories();
    let label = |path: &std::path::Path| vec![("logDirectory", path.display().to_string())];
    let flags: Vec<(Labels, [bool; 2])> = directories
        .iter()
        .map(|directory| (label(directory.path()), [!directory.is_online(), directory.is_cordoned()]))
        .collect();
    for (index, name) in ["Offline", "Cordoned"].into_iter().enumerate() {
        let count = flags.iter().filter(|(_, flags)| flags[index]).count();
        let exported = name.to_lowercase();
        gauges(
            encoder,
            &format!("kafka_log_logmanager_{exported}logdirectorycount"),
            &format!("{name}LogDirectoryCount"),
            [(Labels::new(), count as f64)],
        )?;
        gauges(
            encoder,
            &format!("kafka_log_logmanager_logdirectory{exported}"),
            &format!("LogDirectory{name}"),
            flags.iter().map(|(labels, flags)| (labels.clone(), f64::from(u8::from(flags[index])))),
        )?;
    }
    Ok(())
}

fn cleaner(encoder: &mut DescriptorEncoder<'_>, numbers: &CleanerNumbers) -> fmt::Result {
    let exported =
        |group: &str, name: &str| format!("kafka_log_{group}_{}", name.replace('-', "_").to_lowercase());
    let groups = [("logcleaner", &numbers.cleaner[..]), ("logcleanermanager", &numbers.manager[..])];
    for (group, numbers) in groups {
        for (name, value) in numbers {
            gauges(encoder, &exported(group, name), name, [(Labels::new(), *value as f64)])?;
        }
    }
    for (index, name) in ["uncleanable-partitions-count", "uncleanable-bytes"].into_iter().enumerate() {
        let value = |(directory, numbers): &(std::path::PathBuf, [u64; 2])| {
            (vec![("logDirectory", directory.display().to_string())], numbers[index] as f64)
        };
        gauges(encoder, &exported("logcleanermanager", name), name, numbers.uncleanable.iter().map(value))?;
    }
    let bytes = [(Labels::new(), numbers.throttled_bytes)];
    counters(encoder, "kafka_utils_throttler_cleaner_io", "cleaner-io", bytes)
}

fn sessions(encoder: &mut DescriptorEncoder<'_>, broker: &Broker) -> fmt::Result {
    let sessions = &broker.fetch_sessions;
    let numbers = [
        ("NumIncrementalFetchSessions", sessions.len()),
        ("NumIncrementalFetchPartitionsCached", sessions.partitions()),
    ];
    for (name, value) in numbers {
        let exported = format!("kafka_server_fetchsessioncache_{}", name.to_lowercase());
        gauges(encoder, &exported, name, [(Labels::new(), value as f64)])?;
    }
    counters(
        encoder,
        "kafka_server_fetchsessioncache_incrementalfetchsessionevictions",
        "IncrementalFetchSessionEvictionsPerSec",
        [(Labels::new(), sessions.evicted())],
    )
}

#[cfg(test)]
mod tests {
    use crate::testing::{Rig, TOPIC_ID, batch};

    #[tokio::test]
    async fn what_topics_have_seen_outlives_them() {
        let rig = Rig::new();
        rig.create_topic(1);
        rig.append(0, 3);
        rig.partition(0).topic().metrics.bytes_in.add(batch(3).len() as u64);
        let text = || super::super::text(&rig.broker).unwrap().replace("{}", "");
        let size = batch(3).len();
        let has =
            |text: &str, line: String| assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        has(&text(), format!("kafka_server_brokertopicmetrics_bytesin_total {size}"));
        has(&text(), format!("kafka_server_brokertopicmetrics_bytesin_total{{topic=\"topic\"}} {size}"));
        has(&text(), "kafka_server_replicamanager_leadercount 1.0".to_owned());
        has(&text(), "kafka_log_log_logendoffset{partition=\"0\",topic=\"topic\"} 3.0".to_owned());
        has(&text(), "kafka_log_logmanager_logdirectoryoffline{logDirectory=\"/data/a\"} 0.0".to_owned());

        rig.partitions().remove_topic(TOPIC_ID);
        let text = text();
        has(&text, format!("kafka_server_brokertopicmetrics_bytesin_total {size}"));
        assert!(!text.contains("topic=\"topic\""), "{text}");
    }
}
