//! The options of `consumer-groups`, and which go together.

use crate::frame::{Arguments, Console, OptionSpec, Stop};

pub(super) const OPTIONS: &[OptionSpec] = &[
    BOOTSTRAP_SERVER,
    GROUP,
    TOPIC,
    ALL_TOPICS,
    LIST,
    DESCRIBE,
    ALL_GROUPS,
    DELETE,
    TIMEOUT,
    COMMAND_CONFIG,
    RESET_OFFSETS,
    DELETE_OFFSETS,
    DRY_RUN,
    EXECUTE,
    EXPORT,
    TO_OFFSET,
    FROM_FILE,
    TO_DATETIME,
    BY_DURATION,
    TO_EARLIEST,
    TO_LATEST,
    TO_CURRENT,
    SHIFT_BY,
    MEMBERS,
    VERBOSE,
    OFFSETS,
    STATE,
    TYPE,
    VALIDATE_REGEX,
];

pub(super) const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::value(
    "bootstrap-server",
    "server to connect to",
    "The server to connect to. REQUIRED but for --validate-regex.",
);
pub(super) const GROUP: OptionSpec = OptionSpec::value("group", "consumer group", "The group to act on.");
pub(super) const TOPIC: OptionSpec = OptionSpec::value(
    "topic",
    "topic",
    "The topic whose offsets to delete or reset; of some partitions only as topic1:0,1,2. May come more than once.",
);
pub(super) const ALL_TOPICS: OptionSpec =
    OptionSpec::flag("all-topics", "Reset offsets of all topics of which the group committed some.");
pub(super) const LIST: OptionSpec = OptionSpec::flag("list", "List all consumer groups.");
pub(super) const DESCRIBE: OptionSpec = OptionSpec::flag(
    "describe",
    "Describe a group: its offsets with their lag, unless --members or --state is given.",
);
pub(super) const ALL_GROUPS: OptionSpec = OptionSpec::flag("all-groups", "Act on all groups.");
pub(super) const DELETE: OptionSpec =
    OptionSpec::flag("delete", "Delete groups with all their offsets: --group g1 --group g2.");
pub(super) const TIMEOUT: OptionSpec =
    OptionSpec::value("timeout", "timeout (ms)", "How long to wait for the cluster.")
        .with_default("30000")
        .long();
pub(super) const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "command config property file",
    "Properties file with settings of the admin client.",
);
pub(super) const RESET_OFFSETS: OptionSpec = OptionSpec::flag(
    "reset-offsets",
    "Reset the offsets of a group without active members. --dry-run (the default) shows what would be, --execute does it; \
     --export shows it as CSV. One of --to-datetime, --by-duration, --to-earliest, --to-latest, --shift-by, --from-file, \
     --to-current and --to-offset says how, and --all-topics or --topic of what, unless it is --from-file.",
);
pub(super) const DELETE_OFFSETS: OptionSpec =
    OptionSpec::flag("delete-offsets", "Delete offsets that a group committed of some topics.");
pub(super) const DRY_RUN: OptionSpec =
    OptionSpec::flag("dry-run", "Only show what --reset-offsets would do.");
pub(super) const EXECUTE: OptionSpec = OptionSpec::flag("execute", "Let --reset-offsets do it.");
pub(super) const EXPORT: OptionSpec = OptionSpec::flag("export", "Show what --reset-offsets does as CSV.");
pub(super) const TO_OFFSET: OptionSpec =
    OptionSpec::value("to-offset", "offset", "Reset to this offset.").long();
pub(super) const FROM_FILE: OptionSpec =
    OptionSpec::value("from-file", "path to CSV file", "Reset to what a CSV file says.");
pub(super) const TO_DATETIME: OptionSpec = OptionSpec::value(
    "to-datetime",
    "datetime",
    "Reset to the first record at or after YYYY-MM-DDThh:mm:ss.sss.",
);
pub(super) const BY_DURATION: OptionSpec =
    OptionSpec::value("by-duration", "duration", "Reset to the first record that is at most PnDTnHnMnS old.");
pub(super) const TO_EARLIEST: OptionSpec = OptionSpec::flag("to-earliest", "Reset to the first record.");
pub(super) const TO_LATEST: OptionSpec = OptionSpec::flag("to-latest", "Reset behind the last record.");
pub(super) const TO_CURRENT: OptionSpec =
    OptionSpec::flag("to-current", "Reset to what is committed already.");
pub(super) const SHIFT_BY: OptionSpec =
    OptionSpec::value("shift-by", "number-of-offsets", "Reset by so many records on, or back.").long();
pub(super) const MEMBERS: OptionSpec =
    OptionSpec::flag("members", "Describe the members of a group.").available_if(&["describe"]);
pub(super) const VERBOSE: OptionSpec =
    OptionSpec::flag("verbose", "Describe it in more detail.").available_if(&["describe"]);
pub(super) const OFFSETS: OptionSpec =
    OptionSpec::flag("offsets", "Describe the offsets of a group, the default.").available_if(&["describe"]);
pub(super) const STATE: OptionSpec = OptionSpec::optional_value(
    "state",
    "states",
    "Describe the state of a group; with --list, show states, or only groups in one of these.",
)
.available_if(&["describe", "list"]);
pub(super) const TYPE: OptionSpec =
    OptionSpec::optional_value("type", "types", "With --list, show types, or only groups of one of these.")
        .available_if(&["list"]);
pub(super) const VALIDATE_REGEX: OptionSpec =
    OptionSpec::value("validate-regex", "regex", "Check a regular expression of the RE2 kind.");

/// The ways to reset offsets.
pub(super) const SCENARIOS: [&OptionSpec; 8] =
    [&TO_OFFSET, &SHIFT_BY, &TO_DATETIME, &BY_DURATION, &TO_EARLIEST, &TO_LATEST, &TO_CURRENT, &FROM_FILE];

const ACTIONS: [&OptionSpec; 6] =
    [&LIST, &DESCRIBE, &DELETE, &RESET_OFFSETS, &DELETE_OFFSETS, &VALIDATE_REGEX];

/// What is wrong with an option, in Kafka's words.
fn takes(option: &OptionSpec, what: &str, others: &[&OptionSpec]) -> Stop {
    Stop::Usage(format!("Option [{}] takes {what}: {}", option.name, names(others)))
}

pub(super) fn names(options: &[&OptionSpec]) -> String {
    let names: Vec<String> = options.iter().map(|option| format!("[{}]", option.name)).collect();
    names.join(", ")
}

pub(super) fn check(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let has_group = arguments.has(&GROUP) || arguments.has(&ALL_GROUPS);
    let needs_group = |option| takes(option, "one of these options", &[&GROUP, &ALL_GROUPS]);
    if !arguments.has(&VALIDATE_REGEX) {
        arguments.require(&[&BOOTSTRAP_SERVER])?;
    }
    if arguments.has(&DESCRIBE) {
        if !has_group {
            return Err(needs_group(&DESCRIBE));
        }
        let exclusive = [&MEMBERS, &OFFSETS, &STATE];
        if exclusive.iter().filter(|option| arguments.has(option)).count() > 1 {
            return Err(takes(&DESCRIBE, "at most one of these options", &exclusive));
        }
        if arguments.value(&STATE)?.is_some() {
            return Err(Stop::Usage("Option [describe] does not take a value for [state]".to_owned()));
        }
    }
    if arguments.has(&DELETE) {
        if !has_group {
            return Err(needs_group(&DELETE));
        }
        if arguments.has(&TOPIC) {
            let message =
                "The consumer does not support topic-specific offset deletion from a consumer group.";
            return Err(Stop::Usage(message.to_owned()));
        }
    }
    if arguments.has(&DELETE_OFFSETS) && !(arguments.has(&GROUP) && arguments.has(&TOPIC)) {
        return Err(takes(&DELETE_OFFSETS, "the following options", &[&GROUP, &TOPIC]));
    }
    if arguments.has(&RESET_OFFSETS) {
        check_reset(arguments, console)?;
        if !has_group {
            return Err(needs_group(&RESET_OFFSETS));
        }
        for scenario in SCENARIOS {
            let others: Vec<_> = SCENARIOS.into_iter().filter(|other| other.name != scenario.name).collect();
            arguments.forbid(scenario, &others)?;
        }
    }
    arguments.forbid(&GROUP, &[&ALL_GROUPS])?;
    arguments.forbid(&GROUP, &[&LIST])?;
    arguments.forbid(&TOPIC, &[&LIST, &DESCRIBE])?;
    if ACTIONS.iter().filter(|action| arguments.has(action)).count() != 1 {
        let actions: Vec<String> = ACTIONS.iter().map(|action| format!("--{}", action.name)).collect();
        return Err(Stop::Usage(format!("Command must include exactly one action: {}", actions.join(", "))));
    }
    Ok(())
}

fn check_reset(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    match (arguments.has(&DRY_RUN), arguments.has(&EXECUTE)) {
        (true, true) => {
            let message = "Option [reset-offsets] only accepts one of [execute] and [dry-run]";
            Err(Stop::Usage(message.to_owned()))
        }
        (false, false) => Ok(writeln!(
            console.err()?,
            "WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require \
             either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are \
             scripting this command and want to keep the current default behavior without prompting."
        )?),
        _ => Ok(()),
    }
}
