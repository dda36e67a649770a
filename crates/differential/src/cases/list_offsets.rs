//! Offsets by time.

use ottla_wire::api::ApiKey::{DeleteRecords, ListOffsets};
use serde_json::{Value, json};

use super::batches::{TIME, plain, text};
use super::{Script, script};
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("offsets of all times", ListOffsets, times),
    script("offsets of times in disorder", ListOffsets, disorder),
    script("offsets after records were deleted", ListOffsets, deleted),
    script("offsets of partitions that are not there", ListOffsets, nowhere),
    script("offsets under epochs", ListOffsets, epochs),
];

fn part(index: i32, time: i64) -> Value {
    json!({ "partitionIndex": index, "timestamp": time, "currentLeaderEpoch": -1 })
}

fn ask(play: &mut Play<'_, '_>, topic: &str, partitions: &Value) -> anyhow::Result<()> {
    for isolation in [0, 1] {
        let topics = json!([{ "name": topic, "partitions": partitions }]);
        let body = json!({
            "replicaId": -1, "isolationLevel": isolation, "topics": topics, "timeoutMs": 1000,
        });
        play.ask(ListOffsets, body)?;
    }
    Ok(())
}

/// The times that mean something else than a time, and two that mean nothing.
const SPECIAL: [i64; 9] = [-1, -2, -3, -4, -5, -6, -7, i64::MIN, i64::MAX];

fn all(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for time in SPECIAL {
        ask(play, "t@", &json!([part(0, time)]))?;
    }
    for time in
        [0, TIME - 1, TIME, TIME + 1, TIME + 1000, TIME + 4500, TIME + 10_000, TIME + 14_000, TIME + 14_001]
    {
        ask(play, "t@", &json!([part(0, time)]))?;
    }
    Ok(())
}

fn times(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    all(play)?;
    for batch in 0..2 {
        play.produce("t", 0, text(&plain(5, TIME + 10_000 * batch)?))?;
    }
    all(play)
}

fn disorder(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    for time in [TIME + 10_000, TIME, TIME + 5_000, TIME + 10_000] {
        play.produce("t", 0, text(&plain(5, time)?))?;
    }
    all(play)
}

fn deleted(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    // Segments roll after each batch.
    play.topic_with("t", 1, &[("segment.ms", "1")])?;
    for batch in 0..3 {
        play.produce("t", 0, text(&plain(5, TIME + 5_000 * batch)?))?;
    }
    for offset in [2, 5, 12, 15] {
        let partition = json!({ "partitionIndex": 0, "offset": offset });
        let topics = json!([{ "name": "t@", "partitions": [partition] }]);
        play.ask(DeleteRecords, json!({ "topics": topics, "timeoutMs": 5000 }))?;
        all(play)?;
    }
    Ok(())
}

fn nowhere(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    for (topic, partitions) in [
        ("t@", json!([part(2, -1)])),
        ("t@", json!([part(-1, -1)])),
        ("absent@", json!([part(0, -1)])),
        ("", json!([part(0, -1)])),
        ("a b", json!([part(0, 5)])),
        ("t@", json!([part(0, -1), part(1, -2)])),
        ("t@", json!([part(0, -1), part(0, -2)])),
        ("t@", json!([])),
    ] {
        ask(play, topic, &partitions)?;
    }
    let one = json!({ "name": "t@", "partitions": [part(0, -1)] });
    play.ask(ListOffsets, json!({ "replicaId": -1, "topics": [one, one] }))?;
    play.ask(ListOffsets, json!({ "replicaId": -1, "topics": [] }))?;
    for replica in [-2, -3, 0, 1, 7] {
        play.ask(ListOffsets, json!({ "replicaId": replica, "topics": [one] }))?;
    }
    Ok(())
}

fn epochs(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    play.produce("t", 0, text(&plain(5, TIME)?))?;
    for epoch in [-2, -1, 0, 1, i32::MAX] {
        for time in [-1, -2, -3, TIME, TIME + 99_000] {
            let mut part = part(0, time);
            part["currentLeaderEpoch"] = json!(epoch);
            ask(play, "t@", &json!([part]))?;
        }
    }
    Ok(())
}
