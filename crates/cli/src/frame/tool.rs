//! A tool as the table has it, and how one ends.

use std::io;
use std::pin::Pin;

use super::arguments::{Arguments, ValueError};
use super::console::Console;
use super::option_spec::OptionSpec;

pub(crate) const HELP: OptionSpec = OptionSpec::flag("help", "Print usage information.");
pub(crate) const VERSION: OptionSpec = OptionSpec::flag("version", "Print the version.");

/// A command line tool.
pub(crate) struct Tool {
    /// The sub-command: `dump-log`.
    pub(crate) name: &'static str,
    /// Kafka's script, without its `.sh`: `kafka-dump-log`. None if Kafka has no such tool.
    pub(crate) script: Option<&'static str>,
    /// What it does, in half a line for the list of tools.
    pub(crate) summary: &'static str,
    /// What it does, in a sentence or more for its own help.
    pub(crate) description: &'static str,
    /// How its command line is parsed.
    pub(crate) syntax: Syntax,
    /// Whether it also has something to do when nothing is asked of it, where others show their usage.
    pub(crate) runs_bare: bool,
    /// Does the work.
    pub(crate) run: Run,
}

/// How a command line is parsed, and what is said of a wrong one.
#[derive(Clone, Copy)]
pub(crate) enum Syntax {
    /// As jopt-simple does, which most tools of Kafka use. Each has the options `--help` and `--version` besides these.
    Options(&'static [OptionSpec]),
    /// As argparse4j does. Each has `--help` besides these.
    Commands {
        /// The name that Kafka's tool gives itself in its usage and errors.
        program: &'static str,
        /// Options that stand before the command.
        options: &'static [OptionSpec],
        /// Which of them exclude each other.
        exclusive: &'static [Exclusive],
        /// The commands, of which one must be given; none if the tool has no such.
        commands: &'static [Command],
    },
}

/// A command within a tool.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) options: &'static [OptionSpec],
    pub(crate) exclusive: &'static [Exclusive],
}

/// Options of which at most one may be given.
pub(crate) struct Exclusive {
    pub(crate) names: &'static [&'static str],
    /// Whether one must be given.
    pub(crate) is_required: bool,
}

/// The work of a tool.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// Work that waits for nothing but files.
    Plain(fn(&Arguments, &mut Console<'_>) -> Result<(), Stop>),
    /// Work over the network, on a tokio runtime of one thread:
    /// `Run::Async(|arguments, console| Box::pin(run(arguments, console)))`.
    Async(for<'a, 'c> fn(&'a Arguments, &'a mut Console<'c>) -> ToolFuture<'a>),
}

/// What an asynchronous tool does.
pub(crate) type ToolFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + 'a>>;

/// Why a tool ended before its work was done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The command line is wrong: the message and the tool's usage go to standard error.
    Usage(String),
    /// The command line is wrong, as only the tool could tell: usage and message go to standard error as those of the parser
    /// do. Only of tools after argparse4j.
    Misused(String),
    /// Something it needed failed: the message goes to standard error behind the tool's name.
    Failed(anyhow::Error),
    /// Something it needed failed: the message goes to standard error as it is, because that is how Kafka's tool says it.
    Said(String),
    /// It has said what there is to say; the status is this.
    Status(u8),
    /// Its output could not be written.
    Output(io::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ValueError> for Stop {
    fn from(error: ValueError) -> Self {
        Self::Failed(error.into())
    }
}

/// Only writes to the console end in a bare `io::Error`: reading files names the file, and is a failure.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
