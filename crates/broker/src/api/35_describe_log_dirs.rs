//! DescribeLogDirs, versions 1 to 5: the log directories, how full they are, and what is in them.
//!
//! Missing: authorization, quotas.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashSet;
use ottla_wire::api::describe_log_dirs::{
    DescribableLogDirTopic, DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse,
    DescribeLogDirsResult, DescribeLogDirsTopic,
};
use ottla_wire::{ErrorCode, KafkaString};

use super::RequestContext;
use crate::broker::Broker;
use crate::partitions::{Directory, Partitions};

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: DescribeLogDirsRequest,
) -> DescribeLogDirsResponse {
    let partitions = Arc::clone(&broker.partitions);
    let describe = move || {
        let wanted = request.topics.as_deref().map(wanted);
        let directories = partitions.directories().iter();
        directories.map(|directory| describe(&partitions, directory, wanted.as_ref())).collect()
    };
    match tokio::task::spawn_blocking(describe).await {
        Ok(results) => DescribeLogDirsResponse { results, ..DescribeLogDirsResponse::default() },
        Err(_) => DescribeLogDirsResponse {
            error_code: ErrorCode::UnknownServerError.number(),
            ..DescribeLogDirsResponse::default()
        },
    }
}

fn wanted(topics: &[DescribableLogDirTopic]) -> HashSet<(&str, i32)> {
    topics
        .iter()
        .flat_map(|topic| topic.partitions.iter().map(|&partition| (&*topic.topic, partition)))
        .collect()
}

fn describe(
    partitions: &Partitions,
    directory: &Directory,
    wanted: Option<&HashSet<(&str, i32)>>,
) -> DescribeLogDirsResult {
    let path = std::path::absolute(directory.path()).unwrap_or_else(|_| directory.path().to_owned());
    let result = DescribeLogDirsResult {
        log_dir: path.to_string_lossy().into_owned().into(),
        ..DescribeLogDirsResult::default()
    };
    let Some(description) = partitions.describe(directory) else {
        return DescribeLogDirsResult { error_code: ErrorCode::KafkaStorageError.number(), ..result };
    };
    let mut topics: BTreeMap<String, Vec<DescribeLogDirsPartition>> = BTreeMap::new();
    for log in description.logs {
        let name = (log.partition.topic.as_str(), log.partition.partition);
        if wanted.is_some_and(|wanted| !wanted.contains(&name)) {
            continue;
        }
        topics.entry(log.partition.topic).or_default().push(DescribeLogDirsPartition {
            partition_index: log.partition.partition,
            partition_size: not_above_max(log.size),
            offset_lag: log.offset_lag,
            is_future_key: log.is_future,
            ..DescribeLogDirsPartition::default()
        });
    }
    let topic = |(name, partitions): (String, _)| DescribeLogDirsTopic {
        name: KafkaString::from(name),
        partitions,
        ..DescribeLogDirsTopic::default()
    };
    DescribeLogDirsResult {
        topics: topics.into_iter().map(topic).collect(),
        total_bytes: description.space.map_or(-1, |space| not_above_max(space.total)),
        usable_bytes: description.space.map_or(-1, |space| not_above_max(space.usable)),
        is_cordoned: directory.is_cordoned(),
        ..result
    }
}

fn not_above_max(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use ottla_wire::api::{ApiKey, ResponseBody};

    use super::*;
    use crate::testing::{Rig, TOPIC, batch};

    async fn ask(
        rig: &Rig,
        version: i16,
        topics: Option<Vec<DescribableLogDirTopic>>,
    ) -> DescribeLogDirsResponse {
        let request = DescribeLogDirsRequest { topics, ..DescribeLogDirsRequest::default() };
        let body = rig.ask(ApiKey::DescribeLogDirs, version, &request).await;
        let ResponseBody::DescribeLogDirs(response) = body else { panic!() };
        response
    }

    #[tokio::test]
    async fn every_version_describes_all_directories() {
        let rig = Rig::with_config("cordoned.log.dirs=/data/b\n");
        rig.disk.set_capacity(Some(1 << 30));
        rig.create_topic(2);
        rig.append(1, 1);
        for version in 1..=5 {
            let response = ask(&rig, version, None).await;
            let [a, b] = &response.results[..] else { panic!("{response:?}") };
            assert_eq!((&*a.log_dir, &*b.log_dir), ("/data/a", "/data/b"));
            assert_eq!((a.topics[0].name.as_str(), b.topics.len()), (TOPIC, 0));
            let sizes: Vec<_> = a.topics[0].partitions.iter().map(|p| p.partition_size).collect();
            assert_eq!(sizes, [0, batch(1).len() as i64]);
            assert_eq!(a.total_bytes, if version < 4 { -1 } else { 1 << 30 });
            assert!(version < 4 || a.usable_bytes < a.total_bytes);
            assert_eq!((a.is_cordoned, b.is_cordoned), (false, version >= 5));
        }
    }

    #[tokio::test]
    async fn only_what_was_asked_for_is_told() {
        let rig = Rig::new();
        rig.create_topic(2);
        let topic = DescribableLogDirTopic {
            topic: KafkaString::from_static(TOPIC),
            partitions: vec![1],
            ..DescribableLogDirTopic::default()
        };
        let response = ask(&rig, 4, Some(vec![topic])).await;
        assert!(response.results[0].topics.is_empty());
        assert_eq!(response.results[1].topics[0].partitions[0].partition_index, 1);
    }

    #[tokio::test]
    async fn an_offline_directory_says_so() {
        let rig = Rig::new();
        rig.create_topic(2);
        rig.partitions().close();
        let response = ask(&rig, 4, None).await;
        assert!(
            response.results.iter().all(|result| result.error_code == ErrorCode::KafkaStorageError.number())
        );
    }
}
