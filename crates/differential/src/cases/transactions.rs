//! Transactions that commit and abort, and what is refused within them.

use ottla_wire::api::ApiKey::{
    AddOffsetsToTxn, AddPartitionsToTxn, DescribeTransactions, EndTxn, Fetch, FindCoordinator,
    InitProducerId, ListOffsets, ListTransactions, OffsetFetch, Produce, TxnOffsetCommit,
};
use serde_json::{Value, json};

use super::{Script, script};
use crate::answer::Answer;
use crate::play::{Play, produce_body};

pub(super) const SCRIPTS: &[Script] = &[
    script("a life of transactions", InitProducerId, life),
    script("a life of transactions", AddPartitionsToTxn, life),
    script("a life of transactions", AddOffsetsToTxn, life),
    script("a life of transactions", TxnOffsetCommit, life),
    script("a life of transactions", EndTxn, life),
    script("a life of transactions", Produce, life),
    script("transactions by state", ListTransactions, listed),
    script("transactions of nobody", EndTxn, nobody),
    script("producers that are fenced", InitProducerId, fenced),
];

/// Finds the coordinator of the producer's transactions, and keeps the id and the epoch that it gives.
fn begin(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let find = json!({ "key": "x@", "keyType": 1, "coordinatorKeys": ["x@"] });
    play.until(FindCoordinator, find, "/coordinators/0/errorCode", &json!(0))?;
    let body = json!({
        "transactionalId": "x@", "transactionTimeoutMs": 60000, "producerId": -1, "producerEpoch": -1,
    });
    let told = play.ask(InitProducerId, body)?;
    play.keep("producer", &told, "/producerId")?;
    play.keep("epoch", &told, "/producerEpoch")
}

/// Two records of the producer, of which this is the first's sequence.
fn records(sequence: i32) -> Value {
    json!({ "$transactional": { "producer": "$producer", "epoch": "$epoch", "sequence": sequence } })
}

fn produce(play: &mut Play<'_, '_>, partition: i32, sequence: i32) -> anyhow::Result<[Answer; 2]> {
    let mut body = produce_body("t", partition, -1, records(sequence));
    body["transactionalId"] = json!("x@");
    play.ask(Produce, body)
}

fn add(play: &mut Play<'_, '_>, topics: &Value) -> anyhow::Result<()> {
    let body = json!({
        "v3AndBelowTransactionalId": "x@",
        "v3AndBelowProducerId": "$producer",
        "v3AndBelowProducerEpoch": "$epoch",
        "v3AndBelowTopics": topics,
        "transactions": [{
            "transactionalId": "x@", "producerId": "$producer", "producerEpoch": "$epoch", "topics": topics,
        }],
    });
    play.ask(AddPartitionsToTxn, body).map(drop)
}

/// The producer with more fields.
fn of(more: Value) -> Value {
    let mut body = json!({ "transactionalId": "x@", "producerId": "$producer", "producerEpoch": "$epoch" });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

fn commit_offset(play: &mut Play<'_, '_>, offset: i64) -> anyhow::Result<()> {
    play.ask(AddOffsetsToTxn, of(json!({ "groupId": "g@" })))?;
    let partition = json!({ "partitionIndex": 0, "committedOffset": offset, "committedMetadata": "m" });
    let topics = json!([{ "name": "t@", "partitions": [partition] }]);
    play.ask(TxnOffsetCommit, of(json!({ "groupId": "g@", "topics": topics, "generationId": -1 }))).map(drop)
}

/// What readers of both kinds see of the partition and of the group's offset.
fn look(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for isolation in [0, 1] {
        let partition = json!({
            "partition": 0, "currentLeaderEpoch": -1, "fetchOffset": 0, "partitionMaxBytes": 1_000_000,
        });
        let topics = json!([{ "topic": "t@", "topicId": "$t", "partitions": [partition] }]);
        let body = json!({
            "replicaId": -1, "maxBytes": 1_000_000, "isolationLevel": isolation, "topics": topics,
        });
        play.ask(Fetch, body)?;
        let topics = json!([{ "name": "t@", "topicId": "$t", "partitionIndexes": [0] }]);
        let groups = json!([{ "groupId": "g@", "memberEpoch": -1, "topics": topics }]);
        play.ask(OffsetFetch, json!({ "groups": groups, "requireStable": isolation == 1 }))?;
    }
    play.ask(DescribeTransactions, json!({ "transactionalIds": ["x@", "absent@", ""] })).map(drop)
}

/// Ends the transaction and waits until `stable` records may be read.
fn end(play: &mut Play<'_, '_>, committed: bool, stable: i64) -> anyhow::Result<()> {
    let told = play.ask(EndTxn, of(json!({ "committed": committed })))?;
    // Since version 5 the answer says who the producer is from here on (KIP-890).
    if told.iter().all(|told| told.field("/producerEpoch").as_i64().is_some_and(|epoch| epoch >= 0)) {
        play.keep("producer", &told, "/producerId")?;
        play.keep("epoch", &told, "/producerEpoch")?;
    }
    let partition = json!({ "partitionIndex": 0, "timestamp": -1, "currentLeaderEpoch": -1 });
    let topics = json!([{ "name": "t@", "partitions": [partition] }]);
    let body = json!({ "replicaId": -1, "isolationLevel": 1, "topics": topics });
    play.until(ListOffsets, body, "/topics/0/partitions/0/offset", &json!(stable))?;
    let state = if committed { "CompleteCommit" } else { "CompleteAbort" };
    let body = json!({ "transactionalIds": ["x@"] });
    let pointer = "/transactionStates/0/transactionState";
    play.until(DescribeTransactions, body, pointer, &json!(state)).map(drop)
}

fn life(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    play.coordinator("g@")?;
    begin(play)?;
    look(play)?;
    let topics = json!([{ "name": "t@", "partitions": [0, 1] }]);
    let (mut stable, mut sequence) = (0, 0);
    for committed in [true, false] {
        add(play, &topics)?;
        add(
            play,
            &json!([{ "name": "t@", "partitions": [0, 9] }, { "name": "absent@", "partitions": [0] }]),
        )?;
        produce(play, 0, sequence)?;
        commit_offset(play, 7 + stable)?;
        look(play)?;
        stable += 3;
        end(play, committed, stable)?;
        look(play)?;
        // An epoch of its own begins its sequences anew.
        sequence = if play.version(EndTxn)? >= 5 { 0 } else { sequence + 2 };
    }
    play.ask(EndTxn, of(json!({ "committed": false })))?;
    Ok(())
}

fn listed(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    begin(play)?;
    add(play, &json!([{ "name": "t@", "partitions": [0] }]))?;
    for body in [
        json!({ "stateFilters": ["nonsense"], "producerIdFilters": ["$producer"] }),
        json!({ "stateFilters": ["Ongoing"], "producerIdFilters": ["$producer"] }),
        json!({ "stateFilters": ["ongoing", ""], "producerIdFilters": ["$producer"] }),
        json!({ "stateFilters": ["Empty"], "producerIdFilters": ["$producer"] }),
        json!({ "producerIdFilters": ["$producer", -1] }),
        json!({ "producerIdFilters": ["$producer"], "durationFilter": 0 }),
        json!({ "producerIdFilters": ["$producer"], "durationFilter": 3_600_000 }),
        json!({ "producerIdFilters": ["$producer"], "transactionalIdPattern": "x.*" }),
        json!({ "producerIdFilters": ["$producer"], "transactionalIdPattern": "y.*" }),
        json!({ "producerIdFilters": ["$producer"], "transactionalIdPattern": "(" }),
        json!({ "producerIdFilters": ["$producer"], "transactionalIdPattern": "" }),
    ] {
        play.ask(ListTransactions, body)?;
    }
    play.ask(EndTxn, of(json!({ "committed": false })))?;
    Ok(())
}

/// Whoever has no id, or another one.
fn nobody(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    play.coordinator("g@")?;
    begin(play)?;
    for (id, producer, epoch) in [
        ("absent@", json!("$producer"), json!("$epoch")),
        ("", json!("$producer"), json!("$epoch")),
        ("x@", json!(12_345_678), json!("$epoch")),
        ("x@", json!("$producer"), json!(7)),
        ("x@", json!("$producer"), json!(-1)),
    ] {
        for committed in [false, true] {
            let body = json!({
                "transactionalId": id, "producerId": producer, "producerEpoch": epoch, "committed": committed,
            });
            play.ask(EndTxn, body)?;
        }
        let body = json!({
            "transactionalId": id, "producerId": producer, "producerEpoch": epoch, "groupId": "g@",
        });
        play.ask(AddOffsetsToTxn, body)?;
    }
    play.ask(EndTxn, of(json!({ "committed": true })))?;
    play.ask(EndTxn, of(json!({ "committed": false })))?;
    Ok(())
}

fn fenced(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    begin(play)?;
    for timeout in [0, -1, 900_001, i32::MAX] {
        let body = json!({
            "transactionalId": "y@", "transactionTimeoutMs": timeout, "producerId": -1, "producerEpoch": -1,
        });
        play.ask(InitProducerId, body)?;
    }
    let init = |producer: Value, epoch: Value| {
        json!({
            "transactionalId": "x@", "transactionTimeoutMs": 60000, "producerId": producer, "producerEpoch": epoch,
        })
    };
    play.ask(InitProducerId, init(json!("$producer"), json!("$epoch")))?;
    play.ask(InitProducerId, init(json!("$producer"), json!("$epoch")))?;
    play.ask(InitProducerId, init(json!(12_345_678), json!(0)))?;
    play.ask(InitProducerId, init(json!(-1), json!(-1)))?;
    play.ask(InitProducerId, init(json!("$producer"), json!(9)))?;
    // The epoch that was kept is of the past now.
    produce(play, 0, 0)?;
    add(play, &json!([{ "name": "t@", "partitions": [0] }]))?;
    play.ask(EndTxn, of(json!({ "committed": true })))?;
    Ok(())
}
