//! Topics as they are told.

use ottla_wire::api::ApiKey::{DescribeTopicPartitions, FindCoordinator, Metadata};
use serde_json::{Value, json};

use super::{Script, script};
use crate::play::Play;

/// An id that no topic has.
pub(super) const NO_ID: &str = "AAAAAAAAAAAAAAAAAAAAKg";

pub(super) const SCRIPTS: &[Script] = &[
    script("all topics", Metadata, all),
    script("topics by name", Metadata, by_name),
    script("topics by id", Metadata, by_id),
    script("topics that appear when they are asked for", Metadata, created),
    script("partitions by pages", DescribeTopicPartitions, pages),
    script("coordinators", FindCoordinator, coordinators),
];

fn all(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    play.ask(Metadata, json!({ "topics": [], "allowAutoTopicCreation": false }))?;
    if play.walked().1 > 0 {
        play.ask(Metadata, json!({ "topics": null, "allowAutoTopicCreation": false }))?;
    }
    Ok(())
}

fn by_name(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 3)?;
    play.topic_with("compact", 1, &[("cleanup.policy", "compact")])?;
    let long = "x".repeat(250);
    let lists: [&[&str]; 11] = [
        &["t@"],
        &["t@", "compact@"],
        &["t@", "t@"],
        &["absent@"],
        &["absent@", "t@"],
        &[""],
        &["a b"],
        &["."],
        &["größe"],
        &[long.as_str()],
        &["__consumer_offsets_not"],
    ];
    for names in lists {
        for flag in [false, true] {
            let topics: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
            play.ask(
                Metadata,
                json!({
                    "topics": topics,
                    "allowAutoTopicCreation": false,
                    "includeClusterAuthorizedOperations": flag,
                    "includeTopicAuthorizedOperations": flag,
                }),
            )?;
        }
    }
    Ok(())
}

fn by_id(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    if play.walked().1 < 10 {
        return Ok(());
    }
    play.topic("t", 1)?;
    for topics in [
        json!([{ "topicId": "$t", "name": null }]),
        json!([{ "topicId": "$t", "name": "t@" }]),
        json!([{ "topicId": "$t", "name": "other@" }]),
        json!([{ "topicId": NO_ID, "name": null }]),
        json!([{ "topicId": NO_ID, "name": "t@" }]),
        json!([{ "name": null }]),
        json!([{ "topicId": "$t", "name": null }, { "name": "t@" }]),
        json!([{ "topicId": "$t", "name": null }, { "topicId": NO_ID, "name": null }]),
    ] {
        play.ask(Metadata, json!({ "topics": topics, "allowAutoTopicCreation": false }))?;
    }
    Ok(())
}

fn created(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let body = json!({ "topics": [{ "name": "auto@" }], "allowAutoTopicCreation": true });
    play.ask(Metadata, body.clone())?;
    play.until(Metadata, body, "/topics/0/errorCode", &json!(0))?;
    let wrong = json!({ "topics": [{ "name": "a b" }, { "name": "" }], "allowAutoTopicCreation": true });
    play.ask(Metadata, wrong)?;
    Ok(())
}

fn pages(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("a", 3)?;
    play.topic("b", 3)?;
    let both = json!([{ "name": "a@" }, { "name": "b@" }]);
    for limit in [0, 1, 2, 3, 4, 100, -1, i32::MAX] {
        play.ask(DescribeTopicPartitions, json!({ "topics": both, "responsePartitionLimit": limit }))?;
    }
    for (topic, partition) in [
        ("a@", 0),
        ("a@", 1),
        ("a@", 3),
        ("a@", -1),
        ("b@", 2),
        ("b@", 9),
        ("c@", 0),
        ("", 0),
        ("absent@", 0),
    ] {
        let cursor = json!({ "topicName": topic, "partitionIndex": partition });
        play.ask(
            DescribeTopicPartitions,
            json!({ "topics": both, "responsePartitionLimit": 2, "cursor": cursor }),
        )?;
    }
    for topics in [
        json!([{ "name": "absent@" }]),
        json!([{ "name": "absent@" }, { "name": "a@" }]),
        json!([{ "name": "a@" }, { "name": "a@" }]),
        json!([{ "name": "" }]),
        json!([{ "name": "a b" }]),
    ] {
        play.ask(DescribeTopicPartitions, json!({ "topics": topics, "responsePartitionLimit": 100 }))?;
    }
    Ok(())
}

fn coordinators(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.coordinator("group@")?;
    for key in ["group@", "", "größe@", "a b"] {
        play.ask(FindCoordinator, json!({ "key": key, "keyType": 0, "coordinatorKeys": [key] }))?;
    }
    for kind in [3, 9, -1] {
        play.ask(FindCoordinator, json!({ "key": "k", "keyType": kind, "coordinatorKeys": ["k"] }))?;
    }
    for keys in [json!([]), json!(["group@", "group@"]), json!(["group@", "", "other@"])] {
        play.ask(FindCoordinator, json!({ "key": "group@", "keyType": 0, "coordinatorKeys": keys }))?;
    }
    Ok(())
}
