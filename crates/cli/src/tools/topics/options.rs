//! The tool's options, and which of them go together.

use crate::frame::{Arguments, Console, OptionSpec, Stop};

const ALTERING_CONFIGS: &str = " (To alter topic configurations, the kafka-configs tool can be used.)";

pub(super) const ALTER: OptionSpec =
    OptionSpec::flag("alter", "Alter the number of partitions and their replicas.");
const AT_MIN_ISR: OptionSpec = OptionSpec::flag(
    "at-min-isr-partitions",
    "When describing, only show partitions with as many replicas in sync as the configured minimum.",
);
pub(super) const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "server to connect to", "REQUIRED: The server to connect to.");
pub(super) const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "command config property file",
    "Properties file with settings of the admin client.",
);
pub(super) const CONFIG: OptionSpec = OptionSpec::value(
    "config",
    "name=value",
    "A configuration of the topic that is created. May be given several times; only with --create.",
);
pub(super) const CREATE: OptionSpec = OptionSpec::flag("create", "Create a topic.");
const DELETE: OptionSpec = OptionSpec::flag("delete", "Delete a topic.");
const DELETE_CONFIG: OptionSpec =
    OptionSpec::value("delete-config", "name", "No longer supported: kafka-configs does this.");
const DESCRIBE: OptionSpec = OptionSpec::flag("describe", "Show details of topics.");
pub(super) const EXCLUDE_INTERNAL: OptionSpec =
    OptionSpec::flag("exclude-internal", "Leave out internal topics when listing or describing.");
pub(super) const IF_EXISTS: OptionSpec = OptionSpec::flag(
    "if-exists",
    "When altering, deleting or describing, do nothing if the topic does not exist.",
);
pub(super) const IF_NOT_EXISTS: OptionSpec =
    OptionSpec::flag("if-not-exists", "When creating, a topic that exists already is no error.");
const LIST: OptionSpec = OptionSpec::flag("list", "List the topics.");
pub(super) const PARTITION_SIZE_LIMIT: OptionSpec = OptionSpec::value(
    "partition-size-limit-per-response",
    "maximum number of partitions per response",
    "Partitions that one response may describe.",
)
.integer();
pub(super) const PARTITIONS: OptionSpec = OptionSpec::value(
    "partitions",
    "# of partitions",
    "Number of partitions of the topic that is created or altered; the cluster's default if it is not given. More partitions \
     send keys to others than before.",
)
.integer();
pub(super) const REPLICA_ASSIGNMENT: OptionSpec = OptionSpec::value(
    "replica-assignment",
    "broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : \
     broker_id_for_part2_replica2 , ...",
    "The brokers of each partition of the topic that is created or altered.",
);
pub(super) const REPLICATION_FACTOR: OptionSpec = OptionSpec::value(
    "replication-factor",
    "replication factor",
    "Number of replicas of each partition of the topic that is created; the cluster's default if it is not given.",
)
.integer();
pub(super) const TOPIC: OptionSpec =
    OptionSpec::value("topic", "topic", "The topic. Also a regular expression, except with --create.");
pub(super) const TOPIC_ID: OptionSpec =
    OptionSpec::value("topic-id", "topic-id", "The id of the topic to describe.");
pub(super) const TOPICS_WITH_OVERRIDES: OptionSpec = OptionSpec::flag(
    "topics-with-overrides",
    "When describing, only show topics with configurations of their own.",
);
const UNAVAILABLE: OptionSpec = OptionSpec::flag(
    "unavailable-partitions",
    "When describing, only show partitions whose leader is not available.",
);
const UNDER_MIN_ISR: OptionSpec = OptionSpec::flag(
    "under-min-isr-partitions",
    "When describing, only show partitions with fewer replicas in sync than the configured minimum.",
);
const UNDER_REPLICATED: OptionSpec = OptionSpec::flag(
    "under-replicated-partitions",
    "When describing, only show partitions with replicas out of sync.",
);

pub(super) const ALL: &[OptionSpec] = &[
    ALTER,
    AT_MIN_ISR,
    BOOTSTRAP_SERVER,
    COMMAND_CONFIG,
    CONFIG,
    CREATE,
    DELETE,
    DELETE_CONFIG,
    DESCRIBE,
    EXCLUDE_INTERNAL,
    IF_EXISTS,
    IF_NOT_EXISTS,
    LIST,
    PARTITION_SIZE_LIMIT,
    PARTITIONS,
    REPLICA_ASSIGNMENT,
    REPLICATION_FACTOR,
    TOPIC,
    TOPIC_ID,
    TOPICS_WITH_OVERRIDES,
    UNAVAILABLE,
    UNDER_MIN_ISR,
    UNDER_REPLICATED,
];

/// What is done with topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Alter,
    List,
    Describe,
    Delete,
}

const ACTIONS: [(&OptionSpec, Action); 5] = [
    (&CREATE, Action::Create),
    (&ALTER, Action::Alter),
    (&LIST, Action::List),
    (&DESCRIBE, Action::Describe),
    (&DELETE, Action::Delete),
];

/// Options that choose which partitions are described.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reports {
    pub(super) under_replicated: bool,
    pub(super) unavailable: bool,
    pub(super) under_min_isr: bool,
    pub(super) at_min_isr: bool,
}

impl Reports {
    pub(super) fn new(arguments: &Arguments) -> Self {
        Self {
            under_replicated: arguments.has(&UNDER_REPLICATED),
            unavailable: arguments.has(&UNAVAILABLE),
            under_min_isr: arguments.has(&UNDER_MIN_ISR),
            at_min_isr: arguments.has(&AT_MIN_ISR),
        }
    }

    /// Whether topics themselves are described, with all their partitions.
    pub(super) fn none(self) -> bool {
        self == Self::default()
    }
}

/// Finds out what to do, and whether the other options go with it.
pub(super) fn check(arguments: &Arguments, console: &mut Console<'_>) -> Result<Action, Stop> {
    let mut asked = ACTIONS.iter().filter(|(option, _)| arguments.has(option));
    let (Some(&(_, action)), None) = (asked.next(), asked.next()) else {
        let message =
            "Command must include exactly one action: --list, --describe, --create, --alter or --delete";
        return Err(Stop::Usage(message.to_owned()));
    };
    if arguments.has(&DELETE_CONFIG) {
        let message = "delete-config option is no longer supported and deprecated since version 4.0. The config will be \
                       fully removed in future releases.";
        writeln!(console.err()?, "{message}")?;
    }
    check_required(action, arguments, console)?;
    check_invalid(arguments)?;
    Ok(action)
}

fn check_required(action: Action, arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    if !arguments.has(&BOOTSTRAP_SERVER) {
        return Err(Stop::Said("--bootstrap-server must be specified".to_owned()));
    }
    match action {
        Action::Describe if arguments.has(&IF_EXISTS) => {
            match (arguments.has(&TOPIC), arguments.has(&TOPIC_ID)) {
                (false, false) => {
                    Err(Stop::Usage("--topic or --topic-id is required to describe a topic".to_owned()))
                }
                (true, true) => {
                    let message = "Only topic id will be used when both --topic and --topic-id are specified and topicId is \
                               not Uuid.ZERO_UUID";
                    Ok(writeln!(console.out(), "{message}")?)
                }
                _ => Ok(()),
            }
        }
        Action::Describe | Action::List => Ok(()),
        Action::Create | Action::Delete => arguments.require(&[&TOPIC]),
        Action::Alter => {
            arguments.require(&[&TOPIC])?;
            if arguments.has(&CONFIG) {
                return Err(Stop::Usage(format!(
                    "Option combination \"[[bootstrap-server], [config]]\" can't be used with option \"[alter]\"\
                     {ALTERING_CONFIGS}"
                )));
            }
            arguments.require(&[&PARTITIONS])
        }
    }
}

fn check_invalid(arguments: &Arguments) -> Result<(), Stop> {
    let only_with = |used: &OptionSpec, allowed: &[Action]| {
        let others =
            ACTIONS.iter().filter(|(_, action)| !allowed.contains(action)).map(|(option, _)| *option);
        arguments.forbid(used, &others.collect::<Vec<_>>())
    };
    only_with(&CONFIG, &[Action::Alter, Action::Create])?;
    only_with(&PARTITIONS, &[Action::Alter, Action::Create])?;
    only_with(&REPLICATION_FACTOR, &[Action::Create])?;
    only_with(&REPLICA_ASSIGNMENT, &[Action::Alter, Action::Create])?;
    if arguments.has(&CREATE) {
        arguments.forbid(&REPLICA_ASSIGNMENT, &[&PARTITIONS, &REPLICATION_FACTOR])?;
    }
    let reports = [&UNDER_REPLICATED, &UNDER_MIN_ISR, &AT_MIN_ISR, &UNAVAILABLE];
    for report in reports {
        only_with(report, &[Action::Describe])?;
        arguments.forbid(report, &[&TOPICS_WITH_OVERRIDES])?;
    }
    only_with(&TOPICS_WITH_OVERRIDES, &[Action::Describe])?;
    only_with(&IF_EXISTS, &[Action::Alter, Action::Delete, Action::Describe])?;
    only_with(&IF_NOT_EXISTS, &[Action::Create])?;
    only_with(&EXCLUDE_INTERNAL, &[Action::List, Action::Describe])
}
