//! Lives of static members (KIP-345).

use ottla_wire::api::ApiKey::{Heartbeat, JoinGroup, LeaveGroup, OffsetCommit, SyncGroup};
use serde_json::{Value, json};

use super::groups::{commit_body, describe, join_body, sync_body};
use super::{Script, script};
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("a life of a static member", JoinGroup, life),
    script("a life of a static member", SyncGroup, life),
    script("a life of a static member", Heartbeat, life),
    script("a life of a static member", LeaveGroup, life),
    script("a life of a static member", OffsetCommit, life),
    script("instances that nobody has", JoinGroup, strangers),
];

/// With the name of its instance.
fn of(mut body: Value, instance: &str) -> Value {
    body["groupInstanceId"] = json!(instance);
    body
}

fn life(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    if play.version(JoinGroup)? < 5 {
        return Ok(());
    }
    play.topic("t", 1)?;
    play.coordinator("g@")?;
    let told = play.ask(JoinGroup, of(join_body("g@", ""), "i"))?;
    play.keep("old", &told, "/memberId")?;
    play.ask(SyncGroup, of(sync_body("g@", 1, "$old", true), "i"))?;
    describe(play, "g@")?;
    // It comes back under the same name, and who bears it no longer is fenced.
    let told = play.ask(JoinGroup, of(join_body("g@", ""), "i"))?;
    play.keep("new", &told, "/memberId")?;
    let heartbeat = |generation: i32, member: &str, instance: &str| {
        json!({
            "groupId": "g@", "generationId": generation, "memberId": member, "groupInstanceId": instance,
        })
    };
    for (generation, member, instance) in
        [(1, "$old", "i"), (1, "$new", "i"), (1, "$new", "other"), (2, "$new", "i"), (1, "$old", "other")]
    {
        play.ask(Heartbeat, heartbeat(generation, member, instance))?;
        play.ask(SyncGroup, of(sync_body("g@", generation, member, false), instance))?;
        play.ask(OffsetCommit, of(commit_body("g@", generation, member), instance))?;
    }
    play.ask(JoinGroup, of(join_body("g@", "$old"), "i"))?;
    describe(play, "g@")?;
    for members in [
        json!([{ "memberId": "$old", "groupInstanceId": "i" }]),
        json!([{ "memberId": "", "groupInstanceId": "other" }]),
        json!([{ "memberId": "", "groupInstanceId": "i" }, { "memberId": "$new", "groupInstanceId": "i" }]),
    ] {
        play.ask(LeaveGroup, json!({ "groupId": "g@", "memberId": "$new", "members": members }))?;
    }
    describe(play, "g@")
}

fn strangers(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    if play.walked().1 < 5 {
        return Ok(());
    }
    play.coordinator("g@")?;
    let long = "x".repeat(250);
    for (number, instance) in ["", "a b", ".", "..", "größe", long.as_str()].into_iter().enumerate() {
        play.ask(JoinGroup, of(join_body(&format!("g{number}@"), ""), instance))?;
    }
    play.ask(JoinGroup, of(join_body("g@", "nobody"), "i"))?;
    play.ask(
        Heartbeat,
        json!({ "groupId": "g@", "generationId": 1, "memberId": "nobody", "groupInstanceId": "i" }),
    )?;
    Ok(())
}
