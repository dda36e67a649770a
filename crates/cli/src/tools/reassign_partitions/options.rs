//! The command line.

use crate::frame::{Arguments, OptionSpec, Stop};

const VERIFY: OptionSpec = OptionSpec::flag(
    "verify",
    "Tell whether the moves of --reassignment-json-file are done, and lift throttles if they are.",
);
const GENERATE: OptionSpec =
    OptionSpec::flag("generate", "Propose where partitions could go, without moving them.");
const EXECUTE: OptionSpec = OptionSpec::flag("execute", "Begin the moves of --reassignment-json-file.");
const CANCEL: OptionSpec = OptionSpec::flag("cancel", "Call moves off.");
const LIST: OptionSpec = OptionSpec::flag("list", "List the moves that are under way.");
pub(super) const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::optional_value(
    "bootstrap-server",
    "Server(s) to use for bootstrapping",
    "The servers to connect to.",
);
pub(super) const BOOTSTRAP_CONTROLLER: OptionSpec = OptionSpec::optional_value(
    "bootstrap-controller",
    "bootstrap controller to connect to",
    "The controllers to connect to, with --cancel and --list.",
);
pub(super) const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "Admin client property file",
    "Properties file with settings of the admin client.",
);
pub(super) const REASSIGNMENT_JSON_FILE: OptionSpec = OptionSpec::value(
    "reassignment-json-file",
    "manual assignment json file path",
    "A JSON file that says where partitions are to go: {\"version\": 1, \"partitions\": [{\"topic\": \"foo\", \"partition\": 1, \
     \"replicas\": [1, 2], \"log_dirs\": [\"any\", \"/data/2\"]}]}. Directories may be left out.",
);
pub(super) const TOPICS_TO_MOVE_JSON_FILE: OptionSpec = OptionSpec::value(
    "topics-to-move-json-file",
    "topics to reassign json file path",
    "A JSON file with the topics to propose moves for: {\"version\": 1, \"topics\": [{\"topic\": \"foo\"}]}.",
);
pub(super) const BROKER_LIST: OptionSpec =
    OptionSpec::value("broker-list", "brokerlist", "The brokers to spread topics over, such as 0,1,2.");
pub(super) const DISABLE_RACK_AWARE: OptionSpec =
    OptionSpec::flag("disable-rack-aware", "Spread topics without looking at racks.");
pub(super) const THROTTLE: OptionSpec = OptionSpec::value(
    "throttle",
    "throttle",
    "Bytes a second that moves between brokers may take; at least 1024 make sense.",
)
.long()
.with_default("-1");
pub(super) const LOG_DIRS_THROTTLE: OptionSpec = OptionSpec::value(
    "replica-alter-log-dirs-throttle",
    "replicaAlterLogDirsThrottle",
    "Bytes a second that moves between a broker's directories may take; at least 1024 make sense.",
)
.long()
.with_default("-1");
pub(super) const TIMEOUT: OptionSpec = OptionSpec::value(
    "timeout",
    "timeout",
    "Milliseconds to wait until moves between directories have begun.",
)
.long()
.with_default("10000");
pub(super) const ADDITIONAL: OptionSpec = OptionSpec::flag(
    "additional",
    "Begin the moves although others are under way, or change their throttle.",
);
pub(super) const PRESERVE_THROTTLES: OptionSpec =
    OptionSpec::flag("preserve-throttles", "Leave throttles as they are.");
pub(super) const DISALLOW_FACTOR_CHANGE: OptionSpec = OptionSpec::flag(
    "disallow-replication-factor-change",
    "Refuse moves that would change how many replicas a partition has.",
);

pub(super) const ALL: &[OptionSpec] = &[
    VERIFY,
    GENERATE,
    EXECUTE,
    CANCEL,
    LIST,
    BOOTSTRAP_SERVER,
    COMMAND_CONFIG,
    REASSIGNMENT_JSON_FILE,
    TOPICS_TO_MOVE_JSON_FILE,
    BROKER_LIST,
    BOOTSTRAP_CONTROLLER,
    DISABLE_RACK_AWARE,
    THROTTLE,
    LOG_DIRS_THROTTLE,
    TIMEOUT,
    ADDITIONAL,
    PRESERVE_THROTTLES,
    DISALLOW_FACTOR_CHANGE,
];

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Generate,
    Execute,
    Verify,
    Cancel,
    List,
}

impl Action {
    const ALL: [Self; 5] = [Self::Generate, Self::Execute, Self::Verify, Self::Cancel, Self::List];

    const fn option(self) -> &'static OptionSpec {
        match self {
            Self::Generate => &GENERATE,
            Self::Execute => &EXECUTE,
            Self::Verify => &VERIFY,
            Self::Cancel => &CANCEL,
            Self::List => &LIST,
        }
    }

    const fn required(self) -> &'static [&'static OptionSpec] {
        match self {
            Self::Generate => &[&TOPICS_TO_MOVE_JSON_FILE, &BROKER_LIST],
            Self::Execute | Self::Verify | Self::Cancel => &[&REASSIGNMENT_JSON_FILE],
            Self::List => &[],
        }
    }

    const fn permitted(self) -> &'static [&'static OptionSpec] {
        match self {
            Self::Generate => &[&BOOTSTRAP_SERVER, &COMMAND_CONFIG, &DISABLE_RACK_AWARE],
            Self::Execute => &[
                &BOOTSTRAP_SERVER,
                &COMMAND_CONFIG,
                &ADDITIONAL,
                &THROTTLE,
                &LOG_DIRS_THROTTLE,
                &TIMEOUT,
                &DISALLOW_FACTOR_CHANGE,
            ],
            Self::Verify => &[&BOOTSTRAP_SERVER, &COMMAND_CONFIG, &PRESERVE_THROTTLES],
            Self::Cancel => {
                &[&BOOTSTRAP_SERVER, &BOOTSTRAP_CONTROLLER, &COMMAND_CONFIG, &PRESERVE_THROTTLES, &TIMEOUT]
            }
            Self::List => &[&BOOTSTRAP_SERVER, &BOOTSTRAP_CONTROLLER, &COMMAND_CONFIG],
        }
    }
}

/// The action, if the command line fits it.
pub(super) fn check(arguments: &Arguments) -> Result<Action, Stop> {
    let wrong = |message: String| Err(Stop::Usage(message));
    let mut asked = Action::ALL.into_iter().filter(|action| arguments.has(action.option()));
    let (Some(action), None) = (asked.next(), asked.next()) else {
        let names = Action::ALL.map(|action| format!("--{}", action.option().name));
        return wrong(format!("Command must include exactly one action: {}", names.join(", ")));
    };
    match (arguments.has(&BOOTSTRAP_SERVER), arguments.has(&BOOTSTRAP_CONTROLLER)) {
        (true, true) => {
            return wrong(
                "Please don't specify both --bootstrap-server and --bootstrap-controller".to_owned(),
            );
        }
        (false, false) => {
            return wrong("Please specify either --bootstrap-server or --bootstrap-controller".to_owned());
        }
        _ => {}
    }
    arguments.require(action.required())?;
    let all: Vec<&OptionSpec> = ALL.iter().collect();
    let is_fine = |name: &str| {
        let fits = |spec: &&&OptionSpec| spec.name == name;
        action.option().name == name
            || action.required().iter().chain(action.permitted()).any(|spec| fits(&spec))
    };
    match arguments.in_order(&all).into_iter().find(|(name, _)| !is_fine(name)) {
        Some((name, _)) => {
            wrong(format!("Option \"[{name}]\" can't be used with action \"[{}]\"", action.option().name))
        }
        None => Ok(action),
    }
}
