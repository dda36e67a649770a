//! Records that are deleted.

use ottla_wire::api::ApiKey::DeleteRecords;
use serde_json::{Value, json};

use super::batches::{TIME, plain, text};
use super::produce::read;
use super::{Script, script};
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("records to be deleted", DeleteRecords, delete),
    script("records that cannot be deleted", DeleteRecords, nowhere),
];

fn part(index: i32, offset: i64) -> Value {
    json!({ "partitionIndex": index, "offset": offset })
}

fn ask(play: &mut Play<'_, '_>, topic: &str, partitions: Value) -> anyhow::Result<()> {
    let topics = json!([{ "name": topic, "partitions": partitions }]);
    play.ask(DeleteRecords, json!({ "topics": topics, "timeoutMs": 5000 }))?;
    Ok(())
}

fn delete(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    for _ in 0..3 {
        play.produce("t", 0, text(&plain(5, TIME)?))?;
    }
    for offset in [0, 2, 2, 1, 5, 16, -2, i64::MAX, -1, 15] {
        ask(play, "t@", json!([part(0, offset)]))?;
        read(play, "t", 0)?;
    }
    play.produce("t", 0, text(&plain(5, TIME)?))?;
    read(play, "t", 0)?;
    for offset in [0, -1, 1] {
        ask(play, "t@", json!([part(1, offset)]))?;
    }
    Ok(())
}

fn nowhere(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    play.topic_with("compact", 1, &[("cleanup.policy", "compact")])?;
    play.topic_with("both", 1, &[("cleanup.policy", "compact,delete")])?;
    ask(play, "t@", json!([part(1, 0)]))?;
    ask(play, "t@", json!([part(-1, 0)]))?;
    ask(play, "t@", json!([part(0, 0), part(0, -1)]))?;
    ask(play, "t@", json!([]))?;
    for topic in ["absent@", "", "a b", "compact@", "both@"] {
        ask(play, topic, json!([part(0, 0)]))?;
    }
    play.ask(DeleteRecords, json!({ "topics": [], "timeoutMs": 5000 }))?;
    for timeout in [0, -1] {
        let topics = json!([{ "name": "t@", "partitions": [part(0, 0)] }]);
        play.ask(DeleteRecords, json!({ "topics": topics, "timeoutMs": timeout }))?;
    }
    Ok(())
}
