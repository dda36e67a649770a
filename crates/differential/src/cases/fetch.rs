//! Records that are read.

use ottla_wire::api::ApiKey::Fetch;
use serde_json::{Value, json};

use super::batches::{TIME, plain, text};
use super::metadata::NO_ID;
use super::{Script, at_edges, script};
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("offsets within and without", Fetch, offsets),
    script("limits of bytes", Fetch, limits),
    script("epochs of a fetch", Fetch, epochs),
    script("topics that are not there", Fetch, nowhere),
    script("a session", Fetch, session),
    script("sessions that are not there", Fetch, wrong_sessions),
    script("topics that leave a session", Fetch, forgotten),
    script("replicas that are none", Fetch, replicas),
    script("waiting", Fetch, waiting),
    at_edges("numbers that mean nothing", Fetch, nonsense),
];

/// A partition to be read.
fn part(index: i32, offset: i64) -> Value {
    json!({
        "partition": index, "currentLeaderEpoch": -1, "fetchOffset": offset, "partitionMaxBytes": 1_000_000,
        "lastFetchedEpoch": -1, "logStartOffset": -1,
    })
}

fn topic(name: &str, partitions: Value) -> Value {
    json!({ "topic": format!("{name}@"), "topicId": format!("${name}"), "partitions": partitions })
}

fn body(topics: Value) -> Value {
    json!({ "replicaId": -1, "maxBytes": 10_000_000, "minBytes": 0, "topics": topics })
}

/// A topic with three batches of five records in partition 0.
fn filled(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    for batch in 0..3 {
        play.produce("t", 0, text(&plain(5, TIME + 10_000 * batch)?))?;
    }
    Ok(())
}

fn offsets(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    filled(play)?;
    for offset in [0, 1, 4, 5, 12, 14, 15, 16, -1, -2, i64::MAX, i64::MIN] {
        for isolation in [0, 1] {
            let mut body = body(json!([topic("t", json!([part(0, offset)]))]));
            body["isolationLevel"] = json!(isolation);
            play.ask(Fetch, body)?;
        }
    }
    play.ask(Fetch, body(json!([topic("t", json!([part(0, 0), part(1, 0), part(2, 0), part(-1, 0)]))])))?;
    play.ask(Fetch, body(json!([topic("t", json!([part(0, 0), part(0, 5)]))])))?;
    play.ask(Fetch, body(json!([topic("t", json!([part(0, 0)])), topic("t", json!([part(1, 0)]))])))?;
    play.ask(Fetch, body(json!([topic("t", json!([]))])))?;
    play.ask(Fetch, body(json!([])))?;
    Ok(())
}

fn nonsense(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    filled(play)?;
    for (field, value) in [("isolationLevel", 7), ("maxBytes", -1)] {
        let mut odd = body(json!([topic("t", json!([part(0, 0)]))]));
        odd[field] = json!(value);
        play.ask(Fetch, odd)?;
    }
    let mut odd = part(0, 0);
    odd["partitionMaxBytes"] = json!(-1);
    play.ask(Fetch, body(json!([topic("t", json!([odd]))])))?;
    Ok(())
}

fn limits(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    filled(play)?;
    play.produce("t", 1, text(&plain(5, TIME)?))?;
    let size = plain(5, TIME)?.len();
    for bytes in [0, 1, size - 1, size, size + 1, 2 * size] {
        let mut one = part(0, 0);
        one["partitionMaxBytes"] = json!(bytes);
        play.ask(Fetch, body(json!([topic("t", json!([one, part(1, 0)]))])))?;
        let mut whole = body(json!([topic("t", json!([part(0, 5), part(1, 0)]))]));
        whole["maxBytes"] = json!(bytes);
        play.ask(Fetch, whole)?;
    }
    Ok(())
}

fn epochs(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    filled(play)?;
    for (current, last) in
        [(0, -1), (1, -1), (-2, -1), (i32::MAX, -1), (-1, 0), (0, 0), (-1, 1), (-1, -2), (1, 1)]
    {
        for offset in [0, 15, 20] {
            let mut part = part(0, offset);
            part["currentLeaderEpoch"] = json!(current);
            part["lastFetchedEpoch"] = json!(last);
            play.ask(Fetch, body(json!([topic("t", json!([part]))])))?;
        }
    }
    Ok(())
}

fn nowhere(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    filled(play)?;
    for (name, id) in
        [("absent@", NO_ID), ("", "AAAAAAAAAAAAAAAAAAAAAA"), ("a b", NO_ID), ("t@", NO_ID), ("absent@", "$t")]
    {
        let other = json!({ "topic": name, "topicId": id, "partitions": [part(0, 0)] });
        play.ask(Fetch, body(json!([other])))?;
        play.ask(Fetch, body(json!([other, topic("t", json!([part(0, 14)]))])))?;
    }
    Ok(())
}

/// The next fetch of a session.
fn next(play: &mut Play<'_, '_>, epoch: i32, topics: Value, forgotten: Value) -> anyhow::Result<()> {
    let mut body = body(topics);
    body["sessionId"] = json!("$session");
    body["sessionEpoch"] = json!(epoch);
    body["forgottenTopicsData"] = forgotten;
    play.ask(Fetch, body).map(drop)
}

/// Opens a session on these topics.
fn open(play: &mut Play<'_, '_>, topics: Value) -> anyhow::Result<()> {
    let mut body = body(topics);
    body["sessionEpoch"] = json!(0);
    let opened = play.ask(Fetch, body)?;
    play.keep("session", &opened, "/sessionId")
}

fn session(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    if play.walked().1 < 7 {
        return Ok(());
    }
    filled(play)?;
    open(play, json!([topic("t", json!([part(0, 0), part(1, 0)]))]))?;
    next(play, 1, json!([]), json!([]))?;
    next(play, 2, json!([topic("t", json!([part(0, 15)]))]), json!([]))?;
    next(play, 3, json!([]), json!([]))?;
    play.produce("t", 1, text(&plain(2, TIME)?))?;
    next(play, 4, json!([]), json!([]))?;
    next(play, 5, json!([topic("t", json!([part(1, 2)]))]), json!([]))?;
    next(play, 6, json!([topic("t", json!([part(9, 0)]))]), json!([]))?;
    next(play, 7, json!([]), json!([]))?;
    next(play, 8, json!([topic("t", json!([part(0, 99)]))]), json!([]))?;
    next(play, 9, json!([]), json!([]))?;
    next(play, 9, json!([]), json!([]))?;
    next(play, 11, json!([]), json!([]))?;
    next(play, 0, json!([]), json!([]))?;
    next(play, -1, json!([topic("t", json!([part(0, 0)]))]), json!([]))?;
    next(play, 10, json!([]), json!([]))
}

fn wrong_sessions(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    if play.walked().1 < 7 {
        return Ok(());
    }
    filled(play)?;
    for (id, epoch) in
        [(0, 0), (0, -1), (0, 1), (0, 5), (-1, 1), (12345, 1), (12345, 0), (12345, -1), (0, -2), (1, -7)]
    {
        for topics in [json!([]), json!([topic("t", json!([part(0, 14)]))])] {
            let mut body = body(topics);
            body["sessionId"] = json!(id);
            body["sessionEpoch"] = json!(epoch);
            play.ask(Fetch, body)?;
        }
    }
    Ok(())
}

fn forgotten(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    if play.walked().1 < 7 {
        return Ok(());
    }
    filled(play)?;
    play.topic("u", 1)?;
    play.produce("u", 0, text(&plain(2, TIME)?))?;
    let forget = |name: &str, partitions: &[i32]| json!([{ "topic": format!("{name}@"), "topicId": format!("${name}"), "partitions": partitions }]);
    open(play, json!([topic("t", json!([part(0, 0), part(1, 0)])), topic("u", json!([part(0, 0)]))]))?;
    next(play, 1, json!([]), forget("t", &[0]))?;
    next(play, 2, json!([]), forget("t", &[0, 7]))?;
    next(play, 3, json!([topic("t", json!([part(0, 5)]))]), forget("t", &[0]))?;
    next(play, 4, json!([]), forget("u", &[0]))?;
    next(play, 5, json!([topic("u", json!([part(0, 1)]))]), json!([]))?;
    next(play, 6, json!([]), json!([forget("t", &[0, 1])[0], forget("u", &[0])[0]]))?;
    next(play, 7, json!([]), json!([]))
}

fn replicas(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    filled(play)?;
    for replica in [-2, -3, 1, 5] {
        let mut body = body(json!([topic("t", json!([part(0, 0)]))]));
        body["replicaId"] = json!(replica);
        body["replicaState"] = json!({ "replicaId": replica, "replicaEpoch": -1 });
        play.ask(Fetch, body)?;
    }
    Ok(())
}

fn waiting(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    filled(play)?;
    for (wait, least) in [(1, 1), (20, 1_000_000), (0, 1_000_000), (-1, 1_000_000), (20, -1)] {
        for offset in [0, 15] {
            let mut body = body(json!([topic("t", json!([part(0, offset)]))]));
            body["maxWaitMs"] = json!(wait);
            body["minBytes"] = json!(least);
            play.ask(Fetch, body)?;
        }
    }
    // A fetch that waits is answered by what is written meanwhile.
    let mut waits = body(json!([topic("t", json!([part(1, 0)]))]));
    waits["maxWaitMs"] = json!(8000);
    waits["minBytes"] = json!(1);
    play.on("reader").send(Fetch, waits)?;
    play.on("writer").produce("t", 1, text(&plain(2, TIME)?))?;
    play.on("reader").receive()?;
    Ok(())
}
