//! Lives of classic groups.

use ottla_wire::api::ApiKey::{
    DeleteGroups, DescribeGroups, Heartbeat, JoinGroup, LeaveGroup, ListGroups, OffsetCommit, OffsetDelete,
    OffsetFetch, SyncGroup,
};
use serde_json::{Value, json};

use super::{Script, script};
use crate::answer::Answer;
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("a life of one member", JoinGroup, life),
    script("a life of one member", SyncGroup, life),
    script("a life of one member", Heartbeat, life),
    script("a life of one member", LeaveGroup, life),
    script("a life of one member", DescribeGroups, life),
    script("a life of one member", ListGroups, life),
    script("a life of one member", DeleteGroups, life),
    script("a life of one member", OffsetCommit, life),
    script("a life of one member", OffsetFetch, life),
    script("a life of one member", OffsetDelete, life),
    script("a life of two members", JoinGroup, two),
    script("a life of two members", SyncGroup, two),
    script("joins that are refused", JoinGroup, wrong_joins),
    script("syncs that are refused", SyncGroup, wrong_syncs),
    script("heartbeats that are refused", Heartbeat, wrong_heartbeats),
    script("leaves that are refused", LeaveGroup, wrong_leaves),
    script("groups that are not there", DescribeGroups, absent),
    script("groups by state and type", ListGroups, listed),
    script("groups that cannot be deleted", DeleteGroups, undeletable),
];

/// "range", with a subscription of no topics.
pub(super) fn protocols() -> Value {
    json!([{ "name": "range", "metadata": "AAEAAAAAAAAAAAAA" }])
}

/// A request to join as `member`, kept or literal.
pub(super) fn join_body(group: &str, member: &str) -> Value {
    json!({
        "groupId": group,
        "sessionTimeoutMs": 30000,
        "rebalanceTimeoutMs": 5000,
        "memberId": member,
        "protocolType": "consumer",
        "protocols": protocols(),
    })
}

/// Joins a group that nobody is in, and keeps the id of the member under `name`.
pub(super) fn join(play: &mut Play<'_, '_>, group: &str, name: &str) -> anyhow::Result<[Answer; 2]> {
    let told = play.ask(JoinGroup, join_body(group, ""))?;
    play.keep(name, &told, "/memberId")?;
    if *told[0].field("/errorCode") != 79 {
        return Ok(told);
    }
    // Kafka wants the id that it has given to come back before it lets anybody in (KIP-394).
    play.ask(JoinGroup, join_body(group, &format!("${name}")))
}

/// The only member hands out its own part.
pub(super) fn sync_body(group: &str, generation: i32, member: &str, gives: bool) -> Value {
    let assignments =
        if gives { json!([{ "memberId": member, "assignment": "AAEAAAAAAAAAAA==" }]) } else { json!([]) };
    json!({
        "groupId": group,
        "generationId": generation,
        "memberId": member,
        "protocolType": "consumer",
        "protocolName": "range",
        "assignments": assignments,
    })
}

pub(super) fn heartbeat(
    play: &mut Play<'_, '_>,
    group: &str,
    generation: i32,
    member: &str,
) -> anyhow::Result<()> {
    let body = json!({ "groupId": group, "generationId": generation, "memberId": member });
    play.ask(Heartbeat, body).map(drop)
}

/// A commit of offset 3 with some metadata; the topic is kept under `t`.
pub(super) fn commit_body(group: &str, generation: i32, member: &str) -> Value {
    let partition = json!({ "partitionIndex": 0, "committedOffset": 3, "committedLeaderEpoch": 0, "committedMetadata": "m" });
    json!({
        "groupId": group,
        "generationIdOrMemberEpoch": generation,
        "memberId": member,
        "topics": [{ "name": "t@", "topicId": "$t", "partitions": [partition] }],
    })
}

/// Topics as versions of OffsetFetch for one group have them.
pub(super) fn without_ids(topics: &Value) -> Value {
    let mut topics = topics.clone();
    for topic in topics.as_array_mut().into_iter().flatten() {
        if let Some(topic) = topic.as_object_mut() {
            topic.remove("topicId");
        }
    }
    topics
}

/// What a group has committed for partitions 0 and 1 of the topic kept under `t`.
pub(super) fn fetch_offsets(play: &mut Play<'_, '_>, group: &str) -> anyhow::Result<()> {
    let topics = json!([{ "name": "t@", "topicId": "$t", "partitionIndexes": [0, 1] }]);
    let groups = json!([{ "groupId": group, "memberEpoch": -1, "topics": topics }]);
    let body = json!({ "groupId": group, "topics": without_ids(&topics), "groups": groups });
    play.ask(OffsetFetch, body).map(drop)
}

pub(super) fn describe(play: &mut Play<'_, '_>, group: &str) -> anyhow::Result<()> {
    for flag in [false, true] {
        play.ask(DescribeGroups, json!({ "groups": [group], "includeAuthorizedOperations": flag }))?;
    }
    Ok(())
}

/// A body that says the same for one member in every version.
fn leave_body(group: &str, member: &str) -> Value {
    json!({
        "groupId": group, "memberId": member, "members": [{ "memberId": member, "reason": "done" }],
    })
}

fn life(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    play.coordinator("g@")?;
    describe(play, "g@")?;
    join(play, "g@", "member")?;
    describe(play, "g@")?;
    heartbeat(play, "g@", 1, "$member")?;
    play.ask(OffsetCommit, commit_body("g@", 1, "$member"))?;
    play.ask(SyncGroup, sync_body("g@", 1, "$member", true))?;
    play.ask(SyncGroup, sync_body("g@", 1, "$member", true))?;
    heartbeat(play, "g@", 1, "$member")?;
    describe(play, "g@")?;
    fetch_offsets(play, "g@")?;
    play.ask(OffsetCommit, commit_body("g@", 1, "$member"))?;
    fetch_offsets(play, "g@")?;
    play.ask(ListGroups, json!({ "statesFilter": [], "typesFilter": [] }))?;
    play.ask(DeleteGroups, json!({ "groupsNames": ["g@"] }))?;
    delete_offsets(play)?;
    // Who joins again as it was stays in its generation or begins the next, by version.
    play.ask(JoinGroup, join_body("g@", "$member"))?;
    play.ask(SyncGroup, sync_body("g@", 2, "$member", true))?;
    heartbeat(play, "g@", 1, "$member")?;
    heartbeat(play, "g@", 2, "$member")?;
    play.ask(LeaveGroup, leave_body("g@", "$member"))?;
    play.ask(LeaveGroup, leave_body("g@", "$member"))?;
    heartbeat(play, "g@", 2, "$member")?;
    describe(play, "g@")?;
    delete_offsets(play)?;
    fetch_offsets(play, "g@")?;
    play.ask(DeleteGroups, json!({ "groupsNames": ["g@", "absent@", "g@"] }))?;
    describe(play, "g@")?;
    fetch_offsets(play, "g@")
}

fn delete_offsets(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let topics = json!([
        { "name": "t@", "partitions": [{ "partitionIndex": 0 }, { "partitionIndex": 5 }] },
        { "name": "absent@", "partitions": [{ "partitionIndex": 0 }] },
    ]);
    play.ask(OffsetDelete, json!({ "groupId": "g@", "topics": topics })).map(drop)
}

/// The second member waits to be let in until the first has joined again.
fn two(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.coordinator("g@")?;
    join(play, "g@", "first")?;
    play.ask(SyncGroup, sync_body("g@", 1, "$first", true))?;
    play.on("second");
    let mut second = "";
    if play.version(JoinGroup)? >= 4 {
        let told = play.ask(JoinGroup, join_body("g@", ""))?;
        play.keep("second", &told, "/memberId")?;
        second = "$second";
    }
    play.send(JoinGroup, join_body("g@", second))?;
    play.on("first");
    let body = json!({ "groupId": "g@", "generationId": 1, "memberId": "$first" });
    play.until(Heartbeat, body, "/errorCode", &json!(27))?;
    play.ask(SyncGroup, sync_body("g@", 1, "$first", false))?;
    describe(play, "g@")?;
    play.ask(JoinGroup, join_body("g@", "$first"))?;
    let told = play.on("second").receive()?;
    play.keep("second", &told, "/memberId")?;
    play.send(SyncGroup, sync_body("g@", 2, "$second", false))?;
    play.on("first");
    heartbeat(play, "g@", 2, "$first")?;
    let mut shares = sync_body("g@", 2, "$first", true);
    shares["assignments"] = json!([
        { "memberId": "$first", "assignment": "AQ==" },
        { "memberId": "$second", "assignment": "Ag==" },
        { "memberId": "nobody", "assignment": "Aw==" },
    ]);
    play.ask(SyncGroup, shares)?;
    play.on("second").receive()?;
    describe(play, "g@")?;
    heartbeat(play, "g@", 2, "$second")?;
    play.ask(LeaveGroup, leave_body("g@", "$second"))?;
    play.on("first");
    heartbeat(play, "g@", 2, "$first")?;
    play.ask(JoinGroup, join_body("g@", "$first"))?;
    play.ask(LeaveGroup, leave_body("g@", "$first"))?;
    describe(play, "g@")
}

fn wrong_joins(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.coordinator("g@")?;
    for (number, (field, value)) in [
        ("groupId", json!("")),
        ("groupId", json!("   ")),
        ("sessionTimeoutMs", json!(1)),
        ("sessionTimeoutMs", json!(5999)),
        ("sessionTimeoutMs", json!(1_800_001)),
        ("sessionTimeoutMs", json!(-1)),
        ("memberId", json!("nobody")),
        ("protocolType", json!("")),
        ("protocols", json!([])),
        ("protocolType", json!("connect")),
    ]
    .into_iter()
    .enumerate()
    {
        // Each its own group: who is let in nevertheless is not waited for by the next.
        let mut body = join_body(&format!("g{number}@"), "");
        body[field] = value;
        play.ask(JoinGroup, body)?;
    }
    join(play, "h@", "member")?;
    for (field, value) in [
        ("protocolType", json!("connect")),
        ("protocols", json!([{ "name": "other", "metadata": "" }])),
        ("protocols", json!([])),
        ("memberId", json!("nobody")),
    ] {
        let mut body = join_body("h@", "$member");
        body[field] = value;
        play.ask(JoinGroup, body)?;
    }
    let mut twice = join_body("h@", "$member");
    twice["protocols"] = json!([protocols()[0], protocols()[0]]);
    play.ask(JoinGroup, twice)?;
    play.ask(LeaveGroup, leave_body("h@", "$member"))?;
    Ok(())
}

fn wrong_syncs(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.coordinator("g@")?;
    play.ask(SyncGroup, sync_body("absent@", 1, "nobody", true))?;
    play.ask(SyncGroup, sync_body("", 1, "nobody", true))?;
    join(play, "g@", "member")?;
    for (generation, member) in [(0, "$member"), (2, "$member"), (-1, "$member"), (1, "nobody"), (1, "")] {
        play.ask(SyncGroup, sync_body("g@", generation, member, true))?;
    }
    for (field, value) in [
        ("protocolType", json!("connect")),
        ("protocolName", json!("other")),
        ("protocolType", json!("")),
        ("protocolName", json!("")),
    ] {
        let mut body = sync_body("g@", 1, "$member", true);
        body[field] = value;
        // Kafka lets in whoever does not say it in a version that has no such field.
        if play.version(SyncGroup)? >= 5 {
            play.ask(SyncGroup, body)?;
        }
    }
    if play.version(SyncGroup)? >= 5 {
        let mut body = sync_body("g@", 1, "$member", true);
        body["protocolType"] = Value::Null;
        play.ask(SyncGroup, body)?;
    }
    play.ask(SyncGroup, sync_body("g@", 1, "$member", false))?;
    play.ask(SyncGroup, sync_body("g@", 1, "$member", false))?;
    Ok(())
}

fn wrong_heartbeats(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.coordinator("g@")?;
    heartbeat(play, "absent@", 1, "nobody")?;
    heartbeat(play, "", 1, "nobody")?;
    join(play, "g@", "member")?;
    play.ask(SyncGroup, sync_body("g@", 1, "$member", true))?;
    for (generation, member) in
        [(0, "$member"), (2, "$member"), (-1, "$member"), (1, "nobody"), (1, ""), (1, "$member")]
    {
        heartbeat(play, "g@", generation, member)?;
    }
    Ok(())
}

fn wrong_leaves(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.coordinator("g@")?;
    for (group, member) in [("absent@", "nobody"), ("", "nobody"), ("g@", "")] {
        play.ask(LeaveGroup, leave_body(group, member))?;
    }
    join(play, "g@", "member")?;
    for members in [
        json!([]),
        json!([{ "memberId": "nobody" }, { "memberId": "" }]),
        json!([{ "memberId": "$member", "groupInstanceId": "nobody" }]),
        json!([{ "memberId": "", "groupInstanceId": "nobody" }]),
        json!([{ "memberId": "$member" }, { "memberId": "$member" }]),
    ] {
        play.ask(LeaveGroup, json!({ "groupId": "g@", "memberId": "nobody", "members": members }))?;
    }
    Ok(())
}

fn absent(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.coordinator("g@")?;
    for groups in
        [json!([]), json!(["absent@"]), json!([""]), json!(["absent@", "absent@"]), json!(["größe@", "a b"])]
    {
        for flag in [false, true] {
            play.ask(DescribeGroups, json!({ "groups": groups, "includeAuthorizedOperations": flag }))?;
        }
    }
    Ok(())
}

fn listed(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    play.coordinator("g@")?;
    play.ask(OffsetCommit, commit_body("g@", -1, ""))?;
    join(play, "h@", "member")?;
    for states in [
        json!([]),
        json!(["Empty"]),
        json!(["empty"]),
        json!(["EMPTY", "CompletingRebalance"]),
        json!(["PreparingRebalance"]),
        json!(["Dead"]),
        json!(["nonsense"]),
        json!(["", "Stable"]),
    ] {
        play.ask(ListGroups, json!({ "statesFilter": states }))?;
    }
    for types in [
        json!(["classic"]),
        json!(["Consumer"]),
        json!(["CLASSIC", "share"]),
        json!(["nonsense"]),
        json!([""]),
    ] {
        play.ask(ListGroups, json!({ "typesFilter": types }))?;
    }
    play.ask(ListGroups, json!({ "statesFilter": ["Empty"], "typesFilter": ["consumer"] }))?;
    play.ask(SyncGroup, sync_body("h@", 1, "$member", true))?;
    play.ask(ListGroups, json!({ "statesFilter": ["stable"] }))?;
    Ok(())
}

fn undeletable(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    play.coordinator("g@")?;
    play.ask(OffsetCommit, commit_body("g@", -1, ""))?;
    join(play, "h@", "member")?;
    for groups in
        [json!([]), json!([""]), json!(["h@"]), json!(["absent@", "absent@"]), json!(["g@", "h@", "absent@"])]
    {
        play.ask(DeleteGroups, json!({ "groupsNames": groups }))?;
    }
    fetch_offsets(play, "g@")
}
