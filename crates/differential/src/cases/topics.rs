//! Topics that are created and deleted.

use ottla_wire::api::ApiKey::{CreateTopics, DeleteTopics, Metadata};
use serde_json::{Value, json};

use super::metadata::NO_ID;
use super::{Script, script};
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("topics to be created", CreateTopics, create),
    script("names of topics", CreateTopics, names),
    script("topics whose replicas are given", CreateTopics, assigned),
    script("configurations of new topics", CreateTopics, configured),
    script("more than one topic at once", CreateTopics, many),
    script("topics to be deleted", DeleteTopics, delete),
    script("topics to be deleted by id", DeleteTopics, delete_by_id),
];

/// Asks for one topic, first only whether it could be, then indeed.
fn create_one(play: &mut Play<'_, '_>, topic: &Value) -> anyhow::Result<()> {
    for only in [true, false] {
        play.ask(CreateTopics, json!({ "topics": [topic], "timeoutMs": 20000, "validateOnly": only }))?;
    }
    Ok(())
}

fn create(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for (partitions, replicas) in
        [(1, 1), (3, 1), (-1, -1), (-1, 1), (2, -1), (0, 1), (1, 0), (-2, 1), (1, -2), (1, 3), (20_000, 1)]
    {
        let name = format!("t{partitions}x{replicas}@");
        create_one(
            play,
            &json!({ "name": name, "numPartitions": partitions, "replicationFactor": replicas }),
        )?;
    }
    create_one(play, &json!({ "name": "t1x1@", "numPartitions": 1, "replicationFactor": 1 }))?;
    create_one(play, &json!({ "name": "t1x1@", "numPartitions": 0, "replicationFactor": 9 }))?;
    play.ask(Metadata, json!({ "topics": [{ "name": "t3x1@" }], "allowAutoTopicCreation": false }))?;
    play.ask(CreateTopics, json!({ "topics": [], "timeoutMs": 1000 }))?;
    for timeout in [0, -1] {
        let topic = json!({ "name": "t1x1@", "numPartitions": 1, "replicationFactor": 1 });
        play.ask(CreateTopics, json!({ "topics": [topic], "timeoutMs": timeout }))?;
    }
    Ok(())
}

fn names(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let [longest, too_long] = [249, 250].map(|len| "x".repeat(len));
    for name in [
        "",
        ".",
        "..",
        "a b",
        "a/b",
        "größe",
        "a:b",
        "x.y@",
        "x_y@",
        "x.y@",
        "__consumer_offsets",
        "__own@",
        "A@",
        "a@",
    ]
    .into_iter()
    .chain([longest.as_str(), too_long.as_str()])
    {
        // A name that a script of another version has taken would say so from then on.
        let only = name.len() > 200;
        let topic = json!({ "name": name, "numPartitions": 1, "replicationFactor": 1 });
        play.ask(CreateTopics, json!({ "topics": [topic], "timeoutMs": 20000, "validateOnly": only }))?;
    }
    Ok(())
}

fn assigned(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let one = |index: i32, brokers: Value| json!({ "partitionIndex": index, "brokerIds": brokers });
    let assignments = [
        json!([one(0, json!([1]))]),
        json!([one(0, json!([1])), one(1, json!([1]))]),
        json!([one(1, json!([1])), one(0, json!([1]))]),
        json!([one(1, json!([1]))]),
        json!([one(0, json!([1])), one(0, json!([1]))]),
        json!([one(0, json!([1])), one(2, json!([1]))]),
        json!([one(-1, json!([1]))]),
        json!([one(0, json!([2]))]),
        json!([one(0, json!([1, 2]))]),
        json!([one(0, json!([1, 1]))]),
        json!([one(0, json!([]))]),
        json!([one(0, json!([-1]))]),
    ];
    for (number, assignments) in assignments.iter().enumerate() {
        for (partitions, replicas) in [(-1, -1), (1, 1)] {
            let topic = json!({
                "name": format!("t{number}x{replicas}@"),
                "numPartitions": partitions,
                "replicationFactor": replicas,
                "assignments": assignments,
            });
            create_one(play, &topic)?;
        }
    }
    Ok(())
}

/// Settings of topics, right and wrong.
pub(super) const SETTINGS: &[(&str, Option<&str>)] = &[
    ("cleanup.policy", Some("compact")),
    ("cleanup.policy", Some("compact,delete")),
    ("cleanup.policy", Some(" compact , delete ")),
    ("cleanup.policy", Some("delete,delete")),
    ("cleanup.policy", Some("")),
    ("cleanup.policy", Some("none")),
    ("retention.ms", Some("1000")),
    ("retention.ms", Some("-1")),
    ("retention.ms", Some("-2")),
    ("retention.ms", Some(" 5 ")),
    ("retention.ms", Some("x")),
    ("retention.ms", Some("")),
    ("retention.ms", Some("99999999999999999999")),
    ("retention.ms", None),
    ("segment.bytes", Some("1048576")),
    ("segment.bytes", Some("1048575")),
    ("segment.bytes", Some("2147483648")),
    ("segment.bytes", Some("+1048576")),
    ("max.message.bytes", Some("0")),
    ("max.message.bytes", Some("-1")),
    ("min.insync.replicas", Some("0")),
    ("min.insync.replicas", Some("5")),
    ("min.cleanable.dirty.ratio", Some("0.5")),
    ("min.cleanable.dirty.ratio", Some("1.5")),
    ("min.cleanable.dirty.ratio", Some(".5f")),
    ("compression.type", Some("zstd")),
    ("compression.type", Some("ZSTD")),
    ("compression.type", Some("lzma")),
    ("compression.gzip.level", Some("0")),
    ("compression.gzip.level", Some("-1")),
    ("compression.zstd.level", Some("99")),
    ("message.timestamp.type", Some("LogAppendTime")),
    ("message.timestamp.type", Some("logappendtime")),
    ("preallocate", Some("TRUE")),
    ("preallocate", Some("yes")),
    ("unclean.leader.election.enable", Some("true")),
    ("follower.replication.throttled.replicas", Some("0:1,1:1")),
    ("follower.replication.throttled.replicas", Some("*")),
    ("follower.replication.throttled.replicas", Some("none")),
    ("min.compaction.lag.ms", Some("9223372036854775807")),
    ("max.compaction.lag.ms", Some("0")),
    ("remote.storage.enable", Some("true")),
    ("local.retention.ms", Some("5")),
    ("local.retention.bytes", Some("-3")),
    ("message.format.version", Some("3.0")),
    ("message.downconversion.enable", Some("true")),
    ("no.such.thing", Some("1")),
    ("", Some("1")),
];

fn configured(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for (number, (name, value)) in SETTINGS.iter().enumerate() {
        let topic = json!({
            "name": format!("t{number}@"),
            "numPartitions": 1,
            "replicationFactor": 1,
            "configs": [{ "name": name, "value": value }],
        });
        let only = number % 4 != 0;
        play.ask(CreateTopics, json!({ "topics": [topic], "timeoutMs": 20000, "validateOnly": only }))?;
    }
    let twice = json!([{ "name": "retention.ms", "value": "1" }, { "name": "retention.ms", "value": "2" }]);
    let topic = json!({ "name": "twice@", "numPartitions": 1, "replicationFactor": 1, "configs": twice });
    create_one(play, &topic)
}

fn many(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let topic = |name: &str, partitions: i32| json!({ "name": name, "numPartitions": partitions, "replicationFactor": 1 });
    for topics in [
        json!([topic("a@", 1), topic("b@", 2)]),
        json!([topic("c@", 1), topic("c@", 1)]),
        json!([topic("c@", 1), topic("d@", 1), topic("c@", 1)]),
        json!([topic("a@", 1), topic("e@", 1), topic("f@", 0)]),
        json!([topic("g.h@", 1), topic("g_h@", 1)]),
    ] {
        play.ask(CreateTopics, json!({ "topics": topics, "timeoutMs": 20000 }))?;
    }
    let large = json!([topic("large1@", 6000), topic("large2@", 6000)]);
    play.ask(CreateTopics, json!({ "topics": large, "timeoutMs": 20000, "validateOnly": true }))?;
    Ok(())
}

fn delete(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for name in ["a", "b", "c"] {
        play.topic(name, 1)?;
    }
    let lists: [&[&str]; 8] =
        [&["a@"], &["a@"], &["absent@", "b@"], &["c@", "c@"], &[""], &["a b"], &[], &["c@"]];
    for names in lists {
        let topics: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        play.ask(DeleteTopics, json!({ "topicNames": names, "topics": topics, "timeoutMs": 20000 }))?;
    }
    let body = json!({ "topics": [{ "name": "a@" }], "allowAutoTopicCreation": false });
    play.until(Metadata, body, "/topics/0/errorCode", &json!(3))?;
    Ok(())
}

fn delete_by_id(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    if play.walked().1 < 6 {
        return Ok(());
    }
    for name in ["a", "b", "c"] {
        play.topic(name, 1)?;
    }
    for topics in [
        json!([{ "topicId": NO_ID, "name": null }]),
        json!([{ "topicId": "$a", "name": "a@" }]),
        json!([{ "name": null }]),
        json!([{ "topicId": "$a", "name": null }, { "topicId": "$a", "name": null }]),
        json!([{ "topicId": "$a", "name": null }, { "name": "a@" }]),
        json!([{ "topicId": "$b", "name": null }, { "topicId": NO_ID, "name": null }]),
        json!([{ "topicId": "$b", "name": null }]),
        json!([{ "topicId": "$c", "name": null }, { "name": "a@" }]),
    ] {
        play.ask(DeleteTopics, json!({ "topics": topics, "timeoutMs": 20000 }))?;
    }
    Ok(())
}
