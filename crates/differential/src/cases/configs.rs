//! Configurations, told and altered.

use ottla_wire::api::ApiKey::{self, AlterConfigs, DescribeConfigs, IncrementalAlterConfigs};
use serde_json::{Value, json};

use super::topics::SETTINGS;
use super::{Script, at_edges, script};
use crate::play::Play;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

pub(super) const SCRIPTS: &[Script] = &[
    script("configurations of every kind", DescribeConfigs, describe),
    script("some configurations of a kind", DescribeConfigs, describe_some),
    script("settings of a topic, one by one", IncrementalAlterConfigs, topic_settings),
    script("lists that grow and shrink", IncrementalAlterConfigs, lists),
    script("alterations that contradict each other", IncrementalAlterConfigs, contradictions),
    script("settings of brokers", IncrementalAlterConfigs, brokers),
    script("settings of groups and client metrics", IncrementalAlterConfigs, groups),
    script("all settings in place of those before", AlterConfigs, replace),
    at_edges("settings of a topic, replaced one by one", AlterConfigs, replace_each),
];

/// Resources of every kind, there and not.
const RESOURCES: &[(i8, &str)] = &[
    (TOPIC, "t@"),
    (TOPIC, "absent@"),
    (TOPIC, ""),
    (TOPIC, "a b"),
    (BROKER, "1"),
    (BROKER, ""),
    (BROKER, "2"),
    (BROKER, "x"),
    (BROKER, "-1"),
    (LOGGER, "2"),
    (LOGGER, ""),
    (LOGGER, "x"),
    (CLIENT_METRICS, "m@"),
    (CLIENT_METRICS, ""),
    (GROUP, "g@"),
    (GROUP, ""),
    (0, "t@"),
    (1, "t@"),
    (99, "t@"),
    (-1, "t@"),
];

fn describe(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic_with("t", 1, &[("cleanup.policy", "compact")])?;
    for (kind, name) in RESOURCES {
        for flag in [false, true] {
            let resource = json!({ "resourceType": kind, "resourceName": name, "configurationKeys": null });
            play.ask(
                DescribeConfigs,
                json!({ "resources": [resource], "includeSynonyms": flag, "includeDocumentation": flag }),
            )?;
        }
    }
    Ok(())
}

fn describe_some(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    for keys in [
        json!([]),
        json!(["retention.ms"]),
        json!(["retention.ms", "retention.ms"]),
        json!([
            "no.such.thing",
            "retention.ms",
            "log.retention.ms",
            "consumer.session.timeout.ms",
            "interval.ms"
        ]),
        json!([""]),
    ] {
        for (kind, name) in
            [(TOPIC, "t@"), (BROKER, "1"), (BROKER, ""), (GROUP, "g@"), (CLIENT_METRICS, "m@")]
        {
            let resource = json!({ "resourceType": kind, "resourceName": name, "configurationKeys": keys });
            play.ask(DescribeConfigs, json!({ "resources": [resource], "includeSynonyms": true }))?;
        }
    }
    let topic = json!({ "resourceType": TOPIC, "resourceName": "t@", "configurationKeys": ["retention.ms"] });
    let broker =
        json!({ "resourceType": BROKER, "resourceName": "1", "configurationKeys": ["log.retention.ms"] });
    let absent = json!({ "resourceType": TOPIC, "resourceName": "absent@", "configurationKeys": null });
    for resources in [json!([topic, topic]), json!([topic, broker, absent]), json!([])] {
        play.ask(DescribeConfigs, json!({ "resources": resources }))?;
    }
    Ok(())
}

/// One resource with its alterations: name, operation (0 set, 1 delete, 2 append, 3 subtract) and value.
fn altered(kind: i8, name: &str, configs: &[(&str, i8, Option<&str>)]) -> Value {
    let configs: Vec<Value> = configs
        .iter()
        .map(|(name, operation, value)| json!({ "name": name, "configOperation": operation, "value": value }))
        .collect();
    json!({ "resourceType": kind, "resourceName": name, "configs": configs })
}

fn alter(play: &mut Play<'_, '_>, resources: &[Value]) -> anyhow::Result<()> {
    for only in [true, false] {
        play.ask(IncrementalAlterConfigs, json!({ "resources": resources, "validateOnly": only }))?;
    }
    Ok(())
}

/// What a resource has been given.
fn show(play: &mut Play<'_, '_>, kind: i8, name: &str, keys: &Value) -> anyhow::Result<()> {
    let resource = json!({ "resourceType": kind, "resourceName": name, "configurationKeys": keys });
    play.ask(DescribeConfigs, json!({ "resources": [resource], "includeSynonyms": true }))?;
    Ok(())
}

/// The same as soon as a setting is known to the node.
fn show_when(play: &mut Play<'_, '_>, kind: i8, name: &str, key: &str, value: &Value) -> anyhow::Result<()> {
    let resource = json!({ "resourceType": kind, "resourceName": name, "configurationKeys": [key] });
    let body = json!({ "resources": [resource], "includeSynonyms": true });
    play.until(DescribeConfigs, body, "/results/0/configs/0/value", value).map(drop)
}

fn topic_settings(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    for (name, value) in SETTINGS {
        play.ask(
            IncrementalAlterConfigs,
            json!({ "resources": [altered(TOPIC, "t@", &[(name, 0, *value)])] }),
        )?;
    }
    play.ask(
        IncrementalAlterConfigs,
        json!({ "resources": [altered(TOPIC, "t@", &[("flush.ms", 0, Some("77"))])] }),
    )?;
    show_when(play, TOPIC, "t@", "flush.ms", &json!("77"))?;
    show(play, TOPIC, "t@", &json!(null))?;
    for (name, _) in SETTINGS {
        play.ask(
            IncrementalAlterConfigs,
            json!({ "resources": [altered(TOPIC, "t@", &[(name, 1, None)])] }),
        )?;
    }
    play.ask(
        IncrementalAlterConfigs,
        json!({ "resources": [altered(TOPIC, "t@", &[("flush.ms", 1, Some("ignored"))])] }),
    )?;
    show_when(play, TOPIC, "t@", "flush.ms", &json!("9223372036854775807"))?;
    show(play, TOPIC, "t@", &json!(null))
}

fn lists(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    for (name, operation, value) in [
        ("cleanup.policy", 2, Some("compact")),
        ("cleanup.policy", 2, Some("compact")),
        ("cleanup.policy", 3, Some("delete")),
        ("cleanup.policy", 3, Some("delete")),
        ("cleanup.policy", 2, Some("none")),
        ("cleanup.policy", 3, Some("compact")),
        ("cleanup.policy", 2, Some("delete,compact")),
        ("follower.replication.throttled.replicas", 2, Some("0:1")),
        ("follower.replication.throttled.replicas", 2, Some("1:1")),
        ("follower.replication.throttled.replicas", 3, Some("0:1")),
        ("retention.ms", 2, Some("1")),
        ("retention.ms", 3, Some("1")),
    ] {
        alter(play, &[altered(TOPIC, "t@", &[(name, operation, value)])])?;
    }
    play.ask(
        IncrementalAlterConfigs,
        json!({ "resources": [altered(TOPIC, "t@", &[("flush.ms", 0, Some("78"))])] }),
    )?;
    show_when(play, TOPIC, "t@", "flush.ms", &json!("78"))?;
    show(play, TOPIC, "t@", &json!(["cleanup.policy", "follower.replication.throttled.replicas"]))
}

fn contradictions(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    let good = ("retention.ms", 0, Some("5"));
    alter(play, &[altered(TOPIC, "t@", &[good, ("retention.ms", 1, None)])])?;
    alter(play, &[altered(TOPIC, "t@", &[good, ("segment.bytes", 0, Some("x"))])])?;
    alter(play, &[altered(TOPIC, "t@", &[good]), altered(TOPIC, "t@", &[("flush.ms", 0, Some("5"))])])?;
    alter(play, &[altered(TOPIC, "t@", &[good]), altered(TOPIC, "absent@", &[good])])?;
    alter(play, &[altered(TOPIC, "t@", &[])])?;
    alter(play, &[])?;
    for (kind, name) in RESOURCES {
        if !matches!(*kind, BROKER | GROUP | CLIENT_METRICS) {
            alter(play, &[altered(*kind, name, &[good])])?;
        }
    }
    Ok(())
}

fn brokers(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for (name, key, operation, value) in [
        ("1", "log.cleaner.threads", 0, Some("2")),
        ("", "log.cleaner.threads", 0, Some("2")),
        ("", "log.retention.ms", 0, Some("-1")),
        ("", "log.retention.ms", 0, Some("x")),
        ("", "log.retention.ms", 0, Some("-5")),
        ("1", "message.max.bytes", 0, Some("1048600")),
        ("1", "message.max.bytes", 0, Some("-1")),
        ("1", "node.id", 0, Some("7")),
        ("", "node.id", 0, Some("7")),
        ("1", "log.dirs", 0, Some("/x")),
        ("1", "no.such.thing", 0, Some("1")),
        ("1", "no.such.thing", 1, None),
        ("1", "num.io.threads", 0, Some("0")),
        ("1", "background.threads", 0, Some("11")),
        ("2", "message.max.bytes", 0, Some("5")),
        ("x", "message.max.bytes", 0, Some("5")),
        ("-1", "message.max.bytes", 0, Some("5")),
        ("", "message.max.bytes", 2, Some("5")),
        ("", "min.insync.replicas", 0, Some("1")),
        ("1", "min.insync.replicas", 0, Some("1")),
        ("", "max.connections", 0, Some("2147483647")),
        ("", "max.connections.per.ip.overrides", 0, Some("a:b")),
        ("1", "listeners", 0, Some("nonsense")),
        ("", "listeners", 0, Some("PLAINTEXT://:1")),
        ("1", "ssl.keystore.password", 0, Some("secret")),
        ("", "log.cleanup.policy", 2, Some("compact")),
        ("", "log.cleanup.policy", 3, Some("compact")),
        ("", "metric.reporters", 0, Some("")),
        ("", "group.consumer.session.timeout.ms", 0, Some("45000")),
    ] {
        alter(play, &[altered(BROKER, name, &[(key, operation, value)])])?;
    }
    play.ask(
        IncrementalAlterConfigs,
        json!({ "resources": [altered(BROKER, "", &[("log.flush.interval.ms", 0, Some("79"))])] }),
    )?;
    show_when(play, BROKER, "1", "log.flush.interval.ms", &json!("79"))?;
    show(play, BROKER, "1", &json!(null))?;
    show(play, BROKER, "", &json!(null))?;
    for name in ["1", ""] {
        let back = [
            ("log.cleaner.threads", 1, None),
            ("log.retention.ms", 1, None),
            ("message.max.bytes", 1, None),
            ("background.threads", 1, None),
            ("max.connections", 1, None),
            ("log.cleanup.policy", 1, None),
            ("log.flush.interval.ms", 1, None),
            ("ssl.keystore.password", 1, None),
        ];
        play.ask(IncrementalAlterConfigs, json!({ "resources": [altered(BROKER, name, &back)] }))?;
    }
    show_when(play, BROKER, "1", "log.flush.interval.ms", &json!(null))?;
    show(play, BROKER, "1", &json!(null))
}

fn groups(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for (kind, name, key, value) in [
        (GROUP, "g@", "consumer.session.timeout.ms", "50000"),
        (GROUP, "g@", "consumer.session.timeout.ms", "1"),
        (GROUP, "g@", "consumer.session.timeout.ms", "x"),
        (GROUP, "g@", "consumer.heartbeat.interval.ms", "6000"),
        (GROUP, "g@", "consumer.heartbeat.interval.ms", "60000"),
        (GROUP, "g@", "share.auto.offset.reset", "earliest"),
        (GROUP, "g@", "share.auto.offset.reset", "never"),
        (GROUP, "g@", "share.isolation.level", "read_committed"),
        (GROUP, "g@", "streams.num.standby.replicas", "1"),
        (GROUP, "g@", "no.such.thing", "1"),
        (GROUP, "", "consumer.session.timeout.ms", "50000"),
        (CLIENT_METRICS, "m@", "interval.ms", "1000"),
        (CLIENT_METRICS, "m@", "interval.ms", "10"),
        (CLIENT_METRICS, "m@", "metrics", "org.apache.kafka.producer."),
        (CLIENT_METRICS, "m@", "match", "client_id=a"),
        (CLIENT_METRICS, "m@", "match", "client_id"),
        (CLIENT_METRICS, "m@", "match", "nobody=a"),
        (CLIENT_METRICS, "m@", "no.such.thing", "1"),
        (CLIENT_METRICS, "", "interval.ms", "1000"),
    ] {
        alter(play, &[altered(kind, name, &[(key, 0, Some(value))])])?;
    }
    show_when(play, GROUP, "g@", "share.isolation.level", &json!("read_committed"))?;
    show_when(play, CLIENT_METRICS, "m@", "interval.ms", &json!("1000"))?;
    show(play, GROUP, "g@", &json!(null))?;
    show(play, CLIENT_METRICS, "m@", &json!(null))?;
    play.ask(ApiKey::ListConfigResources, json!({ "resourceTypes": [GROUP, CLIENT_METRICS] }))?;
    alter(play, &[altered(GROUP, "g@", &[("share.isolation.level", 1, None)])])
}

fn replace(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic_with("t", 1, &[("flush.ms", "5"), ("segment.bytes", "2000000")])?;
    for (kind, name) in RESOURCES.iter().filter(|(kind, _)| *kind != BROKER) {
        let resource = json!({
            "resourceType": kind,
            "resourceName": name,
            "configs": [{ "name": "flush.ms", "value": "6" }],
        });
        for only in [true, false] {
            play.ask(AlterConfigs, json!({ "resources": [resource], "validateOnly": only }))?;
        }
    }
    show_when(play, TOPIC, "t@", "flush.ms", &json!("6"))?;
    show(play, TOPIC, "t@", &json!(null))?;
    let one = json!({ "resourceType": TOPIC, "resourceName": "t@", "configs": [] });
    play.ask(AlterConfigs, json!({ "resources": [one] }))?;
    show_when(play, TOPIC, "t@", "flush.ms", &json!("9223372036854775807"))?;
    play.ask(AlterConfigs, json!({ "resources": [] }))?;
    Ok(())
}

fn replace_each(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    for (name, value) in SETTINGS {
        let configs = json!([{ "name": name, "value": value }]);
        let resource = json!({ "resourceType": TOPIC, "resourceName": "t@", "configs": configs });
        play.ask(AlterConfigs, json!({ "resources": [resource] }))?;
    }
    Ok(())
}
