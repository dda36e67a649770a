//! Partitions that are added, and where epochs end.

use ottla_wire::api::ApiKey::{CreatePartitions, Metadata, OffsetForLeaderEpoch};
use serde_json::{Value, json};

use super::batches::{TIME, plain, text};
use super::{Script, script};
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("partitions to be added", CreatePartitions, create),
    script("ends of epochs", OffsetForLeaderEpoch, epochs),
];

fn create(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    let topic = |name: &str, count: i32, assignments: Value| json!({ "name": name, "count": count, "assignments": assignments });
    let of = |brokers: Value| json!([{ "brokerIds": brokers }]);
    for topics in [
        json!([topic("t@", 3, json!(null))]),
        json!([topic("t@", 3, json!(null))]),
        json!([topic("t@", 2, json!(null))]),
        json!([topic("t@", 0, json!(null))]),
        json!([topic("t@", -1, json!(null))]),
        json!([topic("absent@", 3, json!(null))]),
        json!([topic("", 3, json!(null))]),
        json!([topic("t@", 4, of(json!([1])))]),
        json!([topic("t@", 6, of(json!([1])))]),
        json!([topic("t@", 5, of(json!([2])))]),
        json!([topic("t@", 5, of(json!([1, 1])))]),
        json!([topic("t@", 5, of(json!([1, 2])))]),
        json!([topic("t@", 5, of(json!([])))]),
        json!([topic("t@", 5, json!([]))]),
        json!([topic("t@", 5, json!(null)), topic("t@", 6, json!(null))]),
        json!([topic("t@", 5, json!(null)), topic("absent@", 6, json!(null))]),
        json!([]),
    ] {
        for only in [true, false] {
            play.ask(
                CreatePartitions,
                json!({ "topics": topics, "timeoutMs": 20000, "validateOnly": only }),
            )?;
        }
    }
    let told = json!({ "topics": [{ "name": "t@" }], "allowAutoTopicCreation": false });
    play.until(Metadata, told, "/topics/0/errorCode", &json!(0))?;
    Ok(())
}

fn epochs(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    let ask = |play: &mut Play<'_, '_>, topic: &str, partition: i32, current: i32, epoch: i32| {
        let partition = json!({
            "partition": partition, "currentLeaderEpoch": current, "leaderEpoch": epoch,
        });
        let topics = json!([{ "topic": topic, "partitions": [partition] }]);
        play.ask(OffsetForLeaderEpoch, json!({ "replicaId": -1, "topics": topics })).map(drop)
    };
    for _ in 0..2 {
        for epoch in [0, 1, -1, i32::MAX] {
            for current in [-1, 0, 1] {
                ask(play, "t@", 0, current, epoch)?;
            }
        }
        play.produce("t", 0, text(&plain(5, TIME)?))?;
    }
    ask(play, "t@", 9, -1, 0)?;
    ask(play, "absent@", 0, -1, 0)?;
    ask(play, "", 0, -1, 0)?;
    for replica in [-2, 1, 5] {
        let partition = json!({ "partition": 0, "currentLeaderEpoch": -1, "leaderEpoch": 0 });
        let topics = json!([{ "topic": "t@", "partitions": [partition, partition] }]);
        play.ask(OffsetForLeaderEpoch, json!({ "replicaId": replica, "topics": topics }))?;
    }
    Ok(())
}
