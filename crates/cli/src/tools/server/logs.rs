//! The log of a node: lines of text or of JSON on standard output, where Kafka's goes too.

use std::io;

use anyhow::{Context, anyhow};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::frame::{Arguments, Console, OptionSpec, Stop};

pub(crate) const LOG_FORMAT: OptionSpec =
    OptionSpec::value("log-format", "text|json", "How the log is written.").with_default("text");
pub(crate) const LOG_LEVEL: OptionSpec = OptionSpec::value(
    "log-level",
    "level",
    "What is logged: error, warn, info, debug, trace or off, also by module as in info,ottla_broker::net=debug. Goes before \
     the variable OTTLA_LOG.",
);

const VARIABLE: &str = "OTTLA_LOG";

/// How a node logs.
pub(crate) struct LogOptions {
    format: Format,
    level: Option<Targets>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

impl LogOptions {
    /// What the command line or else the environment asks for.
    pub(crate) fn new(arguments: &Arguments, console: &Console<'_>) -> Result<Self, Stop> {
        let format = match arguments.value(&LOG_FORMAT)?.unwrap_or_default() {
            "text" => Format::Text,
            "json" => Format::Json,
            other => {
                return Err(
                    anyhow!("--log-format: {other:?} is no format, text or json would be right").into()
                );
            }
        };
        let level = match (arguments.value(&LOG_LEVEL)?, console.variable(VARIABLE)) {
            (Some(level), _) => Some(parse("--log-level", level)?),
            (None, Some(level)) if !level.is_empty() => Some(parse(VARIABLE, &level)?),
            (None, _) => None,
        };
        Ok(Self { format, level })
    }

    /// What is logged unless something else was asked for.
    pub(crate) fn with_default_level(self, level: &'static str) -> Self {
        let level = self.level.or_else(|| level.parse().ok());
        Self { level, ..self }
    }

    /// Whether a program reads the output rather than a person.
    pub(crate) fn is_for_programs(&self) -> bool {
        self.format == Format::Json
    }

    /// Makes the process log so from now on.
    pub(crate) fn install(self, console: &Console<'_>) -> anyhow::Result<()> {
        let layer = fmt::layer::<Registry>().with_writer(io::stdout);
        let layer: Box<dyn Layer<Registry> + Send + Sync> = match self.format {
            Format::Text => Box::new(layer.with_ansi(console.terminals().out)),
            Format::Json => Box::new(layer.json().flatten_event(true).with_ansi(false)),
        };
        let filtered = layer.with_filter(self.level.unwrap_or_default());
        tracing_subscriber::registry().with(filtered).try_init().context("cannot start the log")
    }
}

fn parse(name: &str, levels: &str) -> anyhow::Result<Targets> {
    let wanted = "a level such as info, or levels by module such as info,ottla_broker=debug, would be right";
    let wrong = || anyhow!("{name}: {levels:?} is no level of the log, {wanted}");
    // By itself a word that is no level would be taken for a module.
    let words = levels.split(',').filter(|part| !part.contains('='));
    if words.into_iter().any(|word| word.parse::<LevelFilter>().is_err()) {
        return Err(wrong());
    }
    levels.parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        for level in ["info", "DEBUG", "off", "warn,ottla_broker::net=trace"] {
            assert!(parse("--log-level", level).is_ok(), "{level}");
        }
        assert!(parse("--log-level", "inof").is_err());
        assert_eq!(
            parse("OTTLA_LOG", "ottla_broker=loud").unwrap_err().to_string(),
            "OTTLA_LOG: \"ottla_broker=loud\" is no level of the log, a level such as info, or levels by module such as \
             info,ottla_broker=debug, would be right"
        );
    }
}
