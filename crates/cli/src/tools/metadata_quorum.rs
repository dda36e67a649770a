//! `metadata-quorum`: describes the quorum of controllers, as Kafka's `MetadataQuorumCommand` does.
//!
//! Adding and removing controllers is refused: the quorum of a single node never changes.

use ottla_client::Admin;
use ottla_client::admin::{DescribeClusterOptions, QuorumDescription, QuorumReplica};
use ottla_io::{Clock, SystemClock};
use ottla_record::Timestamp;

use crate::frame::{
    Arguments, Command, Console, Exclusive, OptionSpec, Run, Stop, Syntax, Tool, admin_client_of_either,
    write_table,
};

pub(super) const TOOL: Tool = Tool {
    name: "metadata-quorum",
    script: Some("kafka-metadata-quorum"),
    summary: "Describe the quorum of controllers.",
    description: "Describes the quorum of controllers.",
    syntax: Syntax::Commands {
        program: "kafka-metadata-quorum",
        options: &[BOOTSTRAP_SERVER, BOOTSTRAP_CONTROLLER, COMMAND_CONFIG],
        exclusive: &[Exclusive {
            names: &[BOOTSTRAP_SERVER.name, BOOTSTRAP_CONTROLLER.name],
            is_required: true,
        }],
        commands: &[Command {
            name: "describe",
            summary: "Describe the quorum.",
            options: &[STATUS, REPLICATION, HUMAN_READABLE],
            exclusive: &[],
        }],
    },
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "BOOTSTRAP_SERVER", "Brokers to connect to.");
const BOOTSTRAP_CONTROLLER: OptionSpec =
    OptionSpec::value("bootstrap-controller", "BOOTSTRAP_CONTROLLER", "Controllers to connect to.");
const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "COMMAND_CONFIG",
    "Properties file with settings of the admin client.",
);
const STATUS: OptionSpec = OptionSpec::flag("status", "A summary.");
const REPLICATION: OptionSpec = OptionSpec::flag("replication", "How far each replica is.");
const HUMAN_READABLE: OptionSpec =
    OptionSpec::flag("human-readable", "With --replication: times as how long ago they were.");

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let admin = admin_client_of_either(
        arguments.value(&COMMAND_CONFIG)?,
        arguments.value(&BOOTSTRAP_SERVER)?,
        arguments.value(&BOOTSTRAP_CONTROLLER)?,
    )?;
    let said = |message: &str| Err(Stop::Said(message.to_owned()));
    let is_readable = arguments.has(&HUMAN_READABLE);
    match (arguments.has(&STATUS), arguments.has(&REPLICATION)) {
        (true, true) => {
            said("Only one of --status or --replication should be specified with describe sub-command")
        }
        (false, false) => {
            said("One of --status or --replication must be specified with describe sub-command")
        }
        (true, false) if is_readable => {
            said("The option --human-readable is only supported along with --replication")
        }
        (true, false) => status(&admin, console).await,
        (false, true) => replication(&admin, is_readable, console).await,
    }
}

async fn status(admin: &Admin, console: &mut Console<'_>) -> Result<(), Stop> {
    let cluster = admin.describe_cluster(DescribeClusterOptions::default()).await?;
    let quorum = admin.describe_quorum().await?;
    let text = status_text(cluster.cluster_id.as_deref().unwrap_or("null"), &quorum)?;
    Ok(write!(console.out(), "{text}")?)
}

fn leader(quorum: &QuorumDescription) -> Result<&QuorumReplica, Stop> {
    let leader = quorum.voters.iter().find(|voter| voter.id == quorum.leader);
    leader.ok_or_else(|| Stop::Said(format!("the leader, node {}, is none of the voters", quorum.leader)))
}

fn status_text(cluster_id: &str, quorum: &QuorumDescription) -> Result<String, Stop> {
    let leader = leader(quorum)?;
    let slowest = quorum.voters.iter().min_by_key(|voter| voter.log_end_offset).unwrap_or(leader);
    let lag_ms = match (leader.last_caught_up, slowest.last_caught_up) {
        _ if leader.id == slowest.id => 0,
        (Some(leader), Some(slowest)) => leader.0 - slowest.0,
        _ => -1,
    };
    let lines = [
        ("ClusterId:", cluster_id.to_owned()),
        ("LeaderId:", quorum.leader.to_string()),
        ("LeaderEpoch:", quorum.leader_epoch.0.to_string()),
        ("HighWatermark:", quorum.high_watermark.0.to_string()),
        ("MaxFollowerLag:", (leader.log_end_offset.0 - slowest.log_end_offset.0).to_string()),
        ("MaxFollowerLagTimeMs:", lag_ms.to_string()),
        ("CurrentVoters:", replicas_text(quorum, &quorum.voters)),
        ("CurrentObservers:", replicas_text(quorum, &quorum.observers)),
    ];
    Ok(lines.iter().map(|(name, value)| format!("{name:24}{value}\n")).collect())
}

fn replicas_text(quorum: &QuorumDescription, replicas: &[QuorumReplica]) -> String {
    let texts: Vec<String> = replicas.iter().map(|replica| replica_text(quorum, replica)).collect();
    format!("[{}]", texts.join(", "))
}

fn replica_text(quorum: &QuorumDescription, replica: &QuorumReplica) -> String {
    let mut text = format!("{{\"id\": {}", replica.id);
    if !replica.directory_id.is_zero() {
        text += &format!(", \"directoryId\": \"{}\"", replica.directory_id);
    }
    let node = quorum.nodes.iter().find(|node| node.id == replica.id);
    let listeners = node.map(|node| node.listeners.as_slice()).unwrap_or_default();
    if !listeners.is_empty() {
        let endpoints: Vec<String> =
            listeners.iter().map(|(name, address)| format!("\"{name}://{address}\"")).collect();
        text += &format!(", \"endpoints\": [{}]", endpoints.join(", "));
    }
    text + "}"
}

async fn replication(admin: &Admin, is_readable: bool, console: &mut Console<'_>) -> Result<(), Stop> {
    let quorum = admin.describe_quorum().await?;
    let now = is_readable.then(|| Timestamp(SystemClock::new().now_ms()));
    let rows = rows(&quorum, now)?;
    const HEADERS: [&str; 7] = [
        "NodeId",
        "DirectoryId",
        "LogEndOffset",
        "Lag",
        "LastFetchTimestamp",
        "LastCaughtUpTimestamp",
        "Status",
    ];
    Ok(write_table(console.out(), &HEADERS, &rows)?)
}

/// The rows of the table; times as how long they were before `now`, if that is given.
fn rows(quorum: &QuorumDescription, now: Option<Timestamp>) -> Result<Vec<Vec<String>>, Stop> {
    let leader = leader(quorum)?;
    let followers =
        quorum.voters.iter().filter(|voter| voter.id != leader.id).map(|voter| (voter, "Follower"));
    let observers = quorum.observers.iter().map(|observer| (observer, "Observer"));
    let all = [(leader, "Leader")].into_iter().chain(followers).chain(observers);
    all.map(|(replica, status)| {
        Ok(vec![
            replica.id.to_string(),
            replica.directory_id.to_string(),
            replica.log_end_offset.0.to_string(),
            (leader.log_end_offset.0 - replica.log_end_offset.0).to_string(),
            time_text(replica.last_fetch, now, "last fetch")?,
            time_text(replica.last_caught_up, now, "last caught up")?,
            status.to_owned(),
        ])
    })
    .collect()
}

fn time_text(time: Option<Timestamp>, now: Option<Timestamp>, what: &str) -> Result<String, Stop> {
    match (time, now) {
        (None, _) => Ok("-1".to_owned()),
        (Some(time), None) => Ok(time.0.to_string()),
        (Some(time), Some(now)) if 0 < time.0 && time.0 <= now.0 => Ok(format!("{} ms ago", now.0 - time.0)),
        (Some(time), Some(now)) => Err(Stop::Said(format!(
            "Error while computing relative time, possible drift in system clock.\nCurrent timestamp is {}, {what} \
             timestamp is {}",
            now.0, time.0
        ))),
    }
}

#[cfg(test)]
mod tests {
    use ottla_client::Address;
    use ottla_client::admin::QuorumNode;
    use ottla_record::{LeaderEpoch, Offset};
    use ottla_wire::Uuid;

    use super::*;

    fn quorum() -> QuorumDescription {
        let replica = |id, end, time| QuorumReplica {
            id,
            directory_id: Uuid::from_halves(1, id as u64),
            log_end_offset: Offset(end),
            last_fetch: Some(Timestamp(time)),
            last_caught_up: Some(Timestamp(time)),
        };
        QuorumDescription {
            leader: 1,
            leader_epoch: LeaderEpoch(3),
            high_watermark: Offset(90),
            voters: vec![replica(1, 100, 5000), replica(2, 90, 4000)],
            observers: vec![QuorumReplica { last_fetch: None, last_caught_up: None, ..replica(3, 80, 0) }],
            nodes: vec![QuorumNode {
                id: 1,
                listeners: vec![("CONTROLLER".into(), Address::new("localhost", 9093))],
            }],
        }
    }

    #[test]
    fn summary() {
        assert_eq!(
            status_text("cluster", &quorum()).unwrap(),
            "ClusterId:              cluster\n\
             LeaderId:               1\n\
             LeaderEpoch:            3\n\
             HighWatermark:          90\n\
             MaxFollowerLag:         10\n\
             MaxFollowerLagTimeMs:   1000\n\
             CurrentVoters:          [{\"id\": 1, \"directoryId\": \"AAAAAAAAAAEAAAAAAAAAAQ\", \"endpoints\": \
             [\"CONTROLLER://localhost:9093\"]}, {\"id\": 2, \"directoryId\": \"AAAAAAAAAAEAAAAAAAAAAg\"}]\n\
             CurrentObservers:       [{\"id\": 3, \"directoryId\": \"AAAAAAAAAAEAAAAAAAAAAw\"}]\n"
        );
    }

    #[test]
    fn replicas() {
        let rows: Vec<String> =
            rows(&quorum(), Some(Timestamp(6000))).unwrap().into_iter().map(|row| row.join(" ")).collect();
        assert_eq!(
            rows,
            [
                "1 AAAAAAAAAAEAAAAAAAAAAQ 100 0 1000 ms ago 1000 ms ago Leader",
                "2 AAAAAAAAAAEAAAAAAAAAAg 90 10 2000 ms ago 2000 ms ago Follower",
                "3 AAAAAAAAAAEAAAAAAAAAAw 80 20 -1 -1 Observer",
            ]
        );
    }
}
