//! `server`: a node as its configuration file says, as Kafka's `kafka-server-start` runs one.

mod logs;
mod running;

use std::fs;

use anyhow::Context;
use ottla_config::{ServerConfig, Written};
use ottla_io::SystemClock;

pub(super) use self::logs::{LOG_FORMAT, LOG_LEVEL, LogOptions};
pub(super) use self::running::{Launch, Started, run_until_stopped};
use crate::frame::{Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "server",
    script: Some("kafka-server-start"),
    summary: "Run a node as a configuration file says.",
    description: "USAGE: ottla server server.properties [--override property=value]*",
    syntax: Syntax::Options(&[OVERRIDE, LOG_FORMAT, LOG_LEVEL]),
    runs_bare: false,
    run: Run::Plain(run),
};

pub(super) const OVERRIDE: OptionSpec =
    OptionSpec::value("override", "property=value", "A value in place of the one in the configuration file.");

fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let clock = SystemClock::new();
    let (file, others) = match arguments.words() {
        [] => return Err(Stop::Usage(TOOL.description.to_owned())),
        [file, others @ ..] => (file, others),
    };
    if !others.is_empty() {
        return Err(Stop::Usage(format!("Found non argument parameters: {}", others.join(","))));
    }
    let logs = LogOptions::new(arguments, console)?.with_default_level("info");
    let bytes = fs::read(file).with_context(|| format!("cannot read the configuration file {file}"))?;
    let written = Written::from_file(file, &bytes).context("the configuration file cannot be read")?;
    let written = written.with_overrides(arguments.values(&OVERRIDE));
    let config = resolve(&written)?;
    logs.install(console)?;
    run_until_stopped(Launch { written, config, clock }, console, &mut |_, _| Ok(()))
}

/// The configuration, or all that is wrong with it, a line each.
pub(super) fn resolve(written: &Written) -> Result<ServerConfig, Stop> {
    ServerConfig::from_written(written).map_err(|errors| {
        let lines: Vec<String> = errors.0.iter().map(|error| format!("  {error}")).collect();
        Stop::Failed(anyhow::anyhow!("the configuration is not valid:\n{}", lines.join("\n")))
    })
}
