//! `start`, or the binary without arguments: a node with nothing to configure.
//!
//! Broker and controller in one, on 127.0.0.1:9092, with its data in `ottla-data` here, which is formatted at the first start.

mod configuration;
mod page;

use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, anyhow};
use ottla_broker::storage::{Formatter, InitialControllers, LogDirectories};
use ottla_config::ServerConfig;
use ottla_io::{Clock, RealDisk, SystemClock};
use ottla_record::Timestamp;

use self::configuration::Configuration;
use self::page::Page;
use super::server::{self, LOG_FORMAT, LOG_LEVEL, Launch, LogOptions, OVERRIDE, run_until_stopped};
use crate::frame::{Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool};
use crate::random::{random_bytes, random_uuid};

pub(super) const TOOL: Tool = Tool {
    name: "start",
    script: None,
    summary: "Run a node with nothing to configure; so does ottla alone.",
    description: "Runs a node, broker and controller in one, with nothing to configure. Its data is formatted at the first start.",
    syntax: Syntax::Options(&[DIRECTORY, HOST, PORT, OVERRIDE, LOG_FORMAT, LOG_LEVEL]),
    runs_bare: true,
    run: Run::Plain(run),
};

const DIRECTORY: OptionSpec =
    OptionSpec::value("dir", "directory", "Where the data is.").with_default("ottla-data");
const HOST: OptionSpec =
    OptionSpec::value("host", "host", "Where clients connect to.").with_default("127.0.0.1");
const PORT: OptionSpec = OptionSpec::value(
    "port",
    "port",
    "Where clients connect to; the port after it is for the controller within.",
)
.with_default("9092")
.integer();

/// The controller's port comes after it.
const PORT_MAX: u16 = u16::MAX - 1;

fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let clock = SystemClock::new();
    if let Some(word) = arguments.words().first() {
        return Err(Stop::Usage(format!("{word:?} is no option")));
    }
    let logs = LogOptions::new(arguments, console)?.with_default_level("warn");
    let directory = arguments.value(&DIRECTORY)?.unwrap_or_default();
    let directory = absolute(directory).with_context(|| format!("--dir: no such place as {directory:?}"))?;
    let configuration = Configuration {
        directory: text_of(&directory)?,
        host: arguments.value(&HOST)?.unwrap_or_default().to_owned(),
        port: port(arguments)?,
    };
    let written = configuration.to_written().with_overrides(arguments.values(&OVERRIDE));
    let config = server::resolve(&written)?;
    let shows_page = !logs.is_for_programs();
    logs.install(console)?;
    let new_cluster = format_unless_formatted(&config, &clock)?;
    let page = Page {
        host: configuration.reachable_host().to_owned(),
        directories: config.log_dirs.iter().map(PathBuf::from).collect(),
        new_cluster,
        is_plain: !console.terminals().out
            || console.variable("NO_COLOR").is_some_and(|text| !text.is_empty()),
    };
    run_until_stopped(Launch { written, config, clock }, console, &mut |started, console| {
        if shows_page { page.write(console.out(), started) } else { Ok(()) }
    })
}

fn text_of(directory: &Path) -> anyhow::Result<String> {
    let text = directory.to_str().with_context(|| format!("--dir: {directory:?} is not valid UTF-8"))?;
    if text.contains(',') {
        return Err(anyhow!(
            "--dir: {text:?} has a comma, which stands between directories in a configuration"
        ));
    }
    Ok(text.to_owned())
}

fn port(arguments: &Arguments) -> Result<u16, Stop> {
    let port = arguments.integer(&PORT)?.unwrap_or_default();
    match u16::try_from(port) {
        Ok(port @ 1..=PORT_MAX) => Ok(port),
        _ => Err(anyhow!("--port: {port} is no port for a node, one from 1 to 65534 would be right").into()),
    }
}

/// Formats the directories for a cluster of their own unless they belong to one. Returns the id of a new cluster.
fn format_unless_formatted(config: &ServerConfig, clock: &SystemClock) -> anyhow::Result<Option<String>> {
    let disk = RealDisk;
    let found = LogDirectories::read(&disk, config.log_dirs.iter().map(String::as_str));
    if !found.formatted.is_empty() || !found.failed.is_empty() {
        // What is wrong with them, the node finds out.
        return Ok(None);
    }
    let cluster_id = random_uuid().to_string();
    let mut formatter =
        Formatter::for_config(config, cluster_id.clone()).context("cannot format the data directory")?;
    if formatter.dynamic_quorum {
        formatter.initial_controllers = Some(InitialControllers::standalone(config, random_uuid())?);
    }
    let now = Timestamp(clock.now_ms());
    formatter
        .run(&disk, now, &mut random_bytes, &mut |line| tracing::info!("{line}"))
        .context("cannot format the data directory")?;
    Ok(Some(cluster_id))
}
