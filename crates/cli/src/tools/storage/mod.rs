//! `storage`: formats log directories and tells what is in them, as Kafka's `StorageTool` does.

pub(super) mod features;
mod format;
mod info;

use std::fs;

use anyhow::Context;
use ottla_config::{ServerConfig, Written};

use super::server;
use crate::frame::{Arguments, Command, Console, Exclusive, OptionSpec, Run, Stop, Syntax, Tool};
use crate::random::random_uuid;

pub(super) const TOOL: Tool = Tool {
    name: "storage",
    script: Some("kafka-storage"),
    summary: "Format log directories, and tell what is in them.",
    description: "Prepares the log directories of a node, and tells what is in them.",
    syntax: Syntax::Commands { program: "kafka-storage", options: &[], exclusive: &[], commands: COMMANDS },
    runs_bare: false,
    run: Run::Plain(run),
};

const CONFIG: OptionSpec =
    OptionSpec::value("config", "CONFIG", "The configuration file of the node.").short('c').required();
const RELEASE_VERSION: OptionSpec = OptionSpec::value(
    "release-version",
    "RELEASE_VERSION",
    "The release whose features a new cluster has, 3.3-IV3 or later (default: 4.3-IV0).",
)
.short('r');
const CLUSTER_ID: OptionSpec =
    OptionSpec::value("cluster-id", "CLUSTER_ID", "The id of the cluster.").short('t').required();
const ADD_SCRAM: OptionSpec = OptionSpec::value(
    "add-scram",
    "ADD_SCRAM",
    "A credential that the cluster begins with, such as 'SCRAM-SHA-256=[name=alice,password=alice-secret]' or \
     'SCRAM-SHA-512=[name=alice,iterations=8192,salt=\"N3E=\",saltedpassword=\"YCE=\"]'.",
)
.short('S')
.repeated();
const IGNORE_FORMATTED: OptionSpec =
    OptionSpec::flag("ignore-formatted", "Pass over directories that are formatted already.").short('g');
const FEATURE: OptionSpec =
    OptionSpec::value("feature", "FEATURE", "A feature and its level, such as kraft.version=1.")
        .short('f')
        .repeated();
const STANDALONE: OptionSpec =
    OptionSpec::flag("standalone", "Make this controller the only voter of a dynamic quorum.").short('s');
const NO_INITIAL_CONTROLLERS: OptionSpec =
    OptionSpec::flag("no-initial-controllers", "Name no voter: the node joins a dynamic quorum.").short('N');
const INITIAL_CONTROLLERS: OptionSpec = OptionSpec::value(
    "initial-controllers",
    "INITIAL_CONTROLLERS",
    "The first voters of a dynamic quorum, each id@host:port:directory, separated by commas and the same for all nodes.",
)
.short('I');

const COMMANDS: &[Command] = &[
    Command {
        name: "info",
        summary: "Tell what the log directories of this node are.",
        options: &[CONFIG],
        exclusive: &[],
    },
    Command {
        name: "format",
        summary: "Format the log directories of this node.",
        options: &[
            CONFIG,
            CLUSTER_ID,
            ADD_SCRAM,
            IGNORE_FORMATTED,
            RELEASE_VERSION,
            FEATURE,
            STANDALONE,
            NO_INITIAL_CONTROLLERS,
            INITIAL_CONTROLLERS,
        ],
        exclusive: &[Exclusive {
            names: &[STANDALONE.name, NO_INITIAL_CONTROLLERS.name, INITIAL_CONTROLLERS.name],
            is_required: false,
        }],
    },
    Command {
        name: "version-mapping",
        summary: "Tell which levels of features a metadata version stands for.",
        options: &[RELEASE_VERSION],
        exclusive: &[],
    },
    Command {
        name: "feature-dependencies",
        summary: "Tell what a level of a feature needs of others.",
        options: &[FEATURE.required()],
        exclusive: &[],
    },
    Command { name: "random-uuid", summary: "Print a new id.", options: &[], exclusive: &[] },
];

fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    match arguments.command().unwrap_or_default() {
        "info" => info::run(&config(arguments)?, console),
        "format" => format::run(arguments, &config(arguments)?, console),
        "version-mapping" => features::version_mapping(arguments.value(&RELEASE_VERSION)?, console),
        "feature-dependencies" => features::dependencies(&arguments.values(&FEATURE), console),
        _ => Ok(writeln!(console.out(), "{}", random_uuid())?),
    }
}

fn config(arguments: &Arguments) -> Result<ServerConfig, Stop> {
    let file = arguments.value(&CONFIG)?.unwrap_or_default();
    let bytes = fs::read(file).with_context(|| format!("cannot read the configuration file {file}"))?;
    server::resolve(&Written::from_file(file, &bytes).context("the configuration file cannot be read")?)
}

#[cfg(test)]
mod tests;
