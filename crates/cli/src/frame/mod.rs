//! What all tools share: how they are found, how their options are parsed, how they print and end.

mod admin;
mod argparse;
mod arguments;
mod checks;
mod console;
mod dispatch;
mod help;
mod jopt_simple;
mod option_spec;
mod properties;
mod reference;
mod stop_signals;
mod table;
mod tool;

pub(crate) use admin::{admin_client, admin_client_of_either, admin_client_with, message_of};
pub(crate) use arguments::{Arguments, ValueError};
pub use console::{Console, Terminals};
pub use dispatch::run;
pub(crate) use option_spec::OptionSpec;
pub(crate) use properties::{ClientProperties, load_properties, parse_pairs};
pub use reference::reference_page;
pub(crate) use stop_signals::StopSignals;
pub(crate) use table::write_table;
pub(crate) use tool::{Command, Exclusive, Run, Stop, Syntax, Tool};
