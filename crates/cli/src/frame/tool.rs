//! A tool as the table has it, and how one ends.

use std::io;

use super::console::Console;
use super::options::{Arguments, OptionSpec, ValueError};

/// A command line tool.
pub(crate) struct Tool {
    /// The sub-command: `dump-log`. Kafka's script is called the same behind `kafka-`.
    pub(crate) name: &'static str,
    /// What it does, in half a line for the list of tools.
    pub(crate) summary: &'static str,
    /// What it does, in a sentence or more for its own help.
    pub(crate) description: &'static str,
    /// Its options, without those that all tools have.
    pub(crate) options: &'static [OptionSpec],
    /// Does the work.
    pub(crate) run: fn(&Arguments, &mut Console<'_>) -> Result<(), Stop>,
}

/// Why a tool ended before its work was done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The command line is wrong: the message and the tool's usage go to standard error.
    Usage(String),
    /// Something it needed failed: the message goes to standard error.
    Failed(anyhow::Error),
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
