//! What all tools share: how they are found, how their options are parsed, how they print and end.

mod console;
mod dispatch;
mod help;
mod options;
mod tool;

pub use console::Console;
pub use dispatch::run;
pub(crate) use options::{Argument, Arguments, OptionSpec, ValueError};
pub(crate) use tool::{Stop, Tool};
