//! Offsets that groups commit, and forget.

use ottla_wire::api::ApiKey::{DeleteTopics, OffsetCommit, OffsetDelete, OffsetFetch};
use serde_json::{Value, json};

use super::groups::{commit_body, fetch_offsets, join, sync_body, without_ids};
use super::metadata::NO_ID;
use super::{Script, script};
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("commits without members", OffsetCommit, simple),
    script("commits that are refused", OffsetCommit, refused),
    script("offsets of groups", OffsetFetch, fetched),
    script("offsets of topics that go", OffsetFetch, gone),
    script("offsets to be deleted", OffsetDelete, deleted),
];

fn commit(play: &mut Play<'_, '_>, group: &str, topic: &Value) -> anyhow::Result<()> {
    let body = json!({
        "groupId": group, "generationIdOrMemberEpoch": -1, "memberId": "", "topics": [topic],
    });
    play.ask(OffsetCommit, body).map(drop)
}

fn topic(partitions: Value) -> Value {
    json!({ "name": "t@", "topicId": "$t", "partitions": partitions })
}

fn part(index: i32, offset: i64, metadata: Value) -> Value {
    json!({ "partitionIndex": index, "committedOffset": offset, "committedMetadata": metadata })
}

fn simple(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    play.coordinator("g@")?;
    for partitions in [
        json!([part(0, 5, json!("m"))]),
        json!([part(0, 3, json!(null)), part(1, 7, json!(""))]),
        json!([part(0, 1, json!("größe")), part(0, 2, json!("last"))]),
        json!([part(0, -1, json!("m"))]),
        json!([part(0, -5, json!("m"))]),
        json!([part(0, i64::MAX, json!("m"))]),
        json!([part(9, 1, json!("m"))]),
        json!([part(-1, 1, json!("m"))]),
        json!([part(0, 1, json!("x".repeat(4096)))]),
        json!([part(0, 1, json!("x".repeat(4097))), part(1, 8, json!("m"))]),
        json!([]),
    ] {
        commit(play, "g@", &topic(partitions))?;
        fetch_offsets(play, "g@")?;
    }
    let mut epoch = part(0, 4, json!("m"));
    epoch["committedLeaderEpoch"] = json!(12);
    commit(play, "g@", &topic(json!([epoch])))?;
    fetch_offsets(play, "g@")?;
    let mut expiring = commit_body("g@", -1, "");
    expiring["retentionTimeMs"] = json!(1000);
    play.ask(OffsetCommit, expiring)?;
    fetch_offsets(play, "g@")?;
    play.ask(
        OffsetCommit,
        json!({ "groupId": "g@", "generationIdOrMemberEpoch": -1, "memberId": "", "topics": [] }),
    )?;
    Ok(())
}

fn refused(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    play.coordinator("g@")?;
    for other in [
        json!({ "name": "absent@", "topicId": NO_ID, "partitions": [part(0, 1, json!("m"))] }),
        json!({ "name": "", "partitions": [part(0, 1, json!("m"))] }),
        json!({ "name": "a b", "topicId": NO_ID, "partitions": [part(0, 1, json!("m"))] }),
    ] {
        commit(play, "g@", &other)?;
        let both = json!([other, topic(json!([part(0, 1, json!("m"))]))]);
        let body = json!({
            "groupId": "g@", "generationIdOrMemberEpoch": -1, "memberId": "", "topics": both,
        });
        play.ask(OffsetCommit, body)?;
    }
    for (group, generation, member) in [
        ("", -1, ""),
        ("absent@", 1, "nobody"),
        ("absent@", 0, ""),
        ("absent@", -1, "nobody"),
        ("absent@", -2, ""),
    ] {
        play.ask(OffsetCommit, commit_body(group, generation, member))?;
    }
    join(play, "h@", "member")?;
    for synced in [false, true] {
        for (generation, member) in [
            (1, "$member"),
            (0, "$member"),
            (2, "$member"),
            (-1, "$member"),
            (-1, ""),
            (1, ""),
            (1, "nobody"),
        ] {
            play.ask(OffsetCommit, commit_body("h@", generation, member))?;
        }
        if !synced {
            play.ask(ottla_wire::api::ApiKey::SyncGroup, sync_body("h@", 1, "$member", true))?;
        }
    }
    Ok(())
}

fn ask(play: &mut Play<'_, '_>, group: &str, topics: &Value, stable: bool) -> anyhow::Result<()> {
    let groups = json!([{ "groupId": group, "memberEpoch": -1, "topics": topics }]);
    let body = json!({
        "groupId": group, "topics": without_ids(topics), "groups": groups, "requireStable": stable,
    });
    play.ask(OffsetFetch, body).map(drop)
}

fn fetched(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    play.coordinator("g@")?;
    commit(play, "g@", &topic(json!([part(0, 5, json!("m"))])))?;
    let ask_for =
        |partitions: Value| json!([{ "name": "t@", "topicId": "$t", "partitionIndexes": partitions }]);
    for group in ["g@", "absent@", ""] {
        for stable in [false, true] {
            for topics in [
                json!([]),
                ask_for(json!([0, 1])),
                ask_for(json!([7, -1])),
                ask_for(json!([0, 0])),
                ask_for(json!([])),
                json!([{ "name": "absent@", "topicId": NO_ID, "partitionIndexes": [0] }]),
                json!([{ "name": "", "topicId": NO_ID, "partitionIndexes": [0] }]),
            ] {
                ask(play, group, &topics, stable)?;
            }
            if play.walked().1 >= 2 {
                ask(play, group, &json!(null), stable)?;
            }
        }
    }
    if play.walked().1 >= 8 {
        several(play, &ask_for(json!([0])))?;
    }
    Ok(())
}

/// More than one group at once (KIP-709), and members that they do not have (KIP-848).
fn several(play: &mut Play<'_, '_>, topics: &Value) -> anyhow::Result<()> {
    let of = |group: &str, member: Value, epoch: i32| json!({ "groupId": group, "memberId": member, "memberEpoch": epoch, "topics": topics });
    for groups in [
        json!([]),
        json!([of("g@", json!(null), -1), of("absent@", json!(null), -1), of("", json!(null), -1)]),
        json!([of("g@", json!(null), -1), of("g@", json!(null), -1)]),
        json!([of("g@", json!("nobody"), 3)]),
        json!([of("g@", json!("nobody"), -1)]),
        json!([of("g@", json!(null), 3)]),
        json!([of("absent@", json!("nobody"), 3)]),
    ] {
        play.ask(OffsetFetch, json!({ "groups": groups }))?;
    }
    Ok(())
}

fn gone(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    play.coordinator("g@")?;
    commit(play, "g@", &topic(json!([part(0, 5, json!("m"))])))?;
    fetch_offsets(play, "g@")?;
    let body = json!({
        "topicNames": ["t@"], "topics": [{ "name": "t@" }], "timeoutMs": 20000,
    });
    play.ask(DeleteTopics, body)?;
    let told = json!({ "topics": [{ "name": "t@" }], "allowAutoTopicCreation": false });
    play.until(ottla_wire::api::ApiKey::Metadata, told, "/topics/0/errorCode", &json!(3))?;
    Ok(())
}

fn deleted(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    play.coordinator("g@")?;
    let part_of = |index: i32| json!({ "partitionIndex": index });
    let of = |partitions: Value| json!([{ "name": "t@", "partitions": partitions }]);
    for (group, topics) in [
        ("absent@", of(json!([part_of(0)]))),
        ("", of(json!([part_of(0)]))),
        ("g@", of(json!([part_of(0)]))),
        ("g@", of(json!([part_of(0), part_of(0), part_of(9)]))),
        ("g@", json!([])),
        ("g@", of(json!([]))),
        ("g@", json!([{ "name": "absent@", "partitions": [part_of(0)] }])),
    ] {
        commit(play, "g@", &topic(json!([part(0, 5, json!("m")), part(1, 6, json!("m"))])))?;
        play.ask(OffsetDelete, json!({ "groupId": group, "topics": topics }))?;
        fetch_offsets(play, "g@")?;
    }
    Ok(())
}
