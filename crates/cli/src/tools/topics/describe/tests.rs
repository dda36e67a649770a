use expect_test::{Expect, expect};
use ottla_record::LeaderEpoch;

use super::*;

fn partition(index: i32, leader: Option<i32>, replicas: &[i32], in_sync: &[i32]) -> DescribedPartition {
    DescribedPartition {
        index,
        leader,
        leader_epoch: LeaderEpoch(0),
        replicas: replicas.to_vec(),
        in_sync: in_sync.to_vec(),
        offline: Vec::new(),
        eligible_leaders: Some(Vec::new()),
        last_known_eligible_leaders: None,
    }
}

fn topic() -> TopicDescription {
    TopicDescription {
        name: "orders".into(),
        id: Uuid::from_halves(1, 2),
        is_internal: false,
        partitions: vec![partition(0, Some(1), &[1, 2], &[1, 2]), partition(1, None, &[2, 1], &[2])],
        authorized_operations: None,
    }
}

fn config(name: &str, value: &str, source: ConfigSource) -> ConfigEntry {
    ConfigEntry {
        name: name.into(),
        value: Some(value.into()),
        source,
        is_read_only: false,
        is_sensitive: false,
        synonyms: Vec::new(),
        config_type: 0,
        documentation: None,
    }
}

fn check(reports: Reports, only_overrides: bool, overrides: &[(&str, &str)], expected: Expect) {
    let overrides =
        overrides.iter().map(|(name, value)| config(name, value, ConfigSource::DynamicTopicConfig));
    let default = config(MIN_IN_SYNC_REPLICAS, "1", ConfigSource::DefaultConfig);
    let moving = Reassignment { replicas: vec![2, 1], adding: vec![1], removing: Vec::new() };
    let report = Report {
        reports,
        only_overrides,
        live_brokers: BTreeSet::from([1, 2]),
        reassignments: BTreeMap::from([(TopicPartition::new("orders", 1), moving)]),
    };
    let mut out = Vec::new();
    report.write(&mut out, &topic(), overrides.chain([default]).collect()).unwrap();
    // Tabs made visible.
    expected.assert_eq(&String::from_utf8(out).unwrap().replace('\t', "|"));
}

#[test]
fn topics_with_their_partitions() {
    check(
        Reports::default(),
        false,
        &[("retention.ms", "1"), ("cleanup.policy", "compact")],
        expect![[r#"
            Topic: orders|TopicId: AAAAAAAAAAEAAAAAAAAAAg|PartitionCount: 2|ReplicationFactor: 2|Configs: cleanup.policy=compact,retention.ms=1
            |Topic: orders|Partition: 0|Leader: 1|Replicas: 1,2|Isr: 1,2|Elr: |LastKnownElr: N/A
            |Topic: orders|Partition: 1|Leader: none|Replicas: 2,1|Isr: 2|Adding Replicas: 1|Removing Replicas: |Elr: |LastKnownElr: N/A
        "#]],
    );
}

#[test]
fn only_topics_with_overrides() {
    check(
        Reports::default(),
        true,
        &[("retention.ms", "1")],
        expect![[r#"
        Topic: orders|TopicId: AAAAAAAAAAEAAAAAAAAAAg|PartitionCount: 2|ReplicationFactor: 2|Configs: retention.ms=1
    "#]],
    );
    check(Reports::default(), true, &[], expect![[r#""#]]);
}

#[test]
fn only_partitions_that_need_care() {
    check(Reports { under_replicated: true, ..Reports::default() }, false, &[], expect![[r#""#]]);
    check(
        Reports { unavailable: true, ..Reports::default() },
        false,
        &[],
        expect![[r#"
            |Topic: orders|Partition: 1|Leader: none|Replicas: 2,1|Isr: 2|Adding Replicas: 1|Removing Replicas: |Elr: |LastKnownElr: N/A
        "#]],
    );
    check(
        Reports { under_min_isr: true, ..Reports::default() },
        false,
        &[],
        expect![[r#"
            |Topic: orders|Partition: 1|Leader: none|Replicas: 2,1|Isr: 2|Adding Replicas: 1|Removing Replicas: |Elr: |LastKnownElr: N/A
        "#]],
    );
    check(
        Reports { at_min_isr: true, ..Reports::default() },
        false,
        &[],
        expect![[r#"
            |Topic: orders|Partition: 1|Leader: none|Replicas: 2,1|Isr: 2|Adding Replicas: 1|Removing Replicas: |Elr: |LastKnownElr: N/A
        "#]],
    );
}
