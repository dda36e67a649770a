//! The tools, one file or folder each. This table is where one is added.
//!
//! A tool is a constant: names and texts for the help, a [`Syntax`](crate::frame::Syntax) with its options, and
//! [`Run::Plain`](crate::frame::Run) or `Run::Async` with what it does. It writes to the console it is given, flushes before it waits, and
//! ends in a [`Stop`](crate::frame::Stop) that says where its message goes.

mod dump_log;

use crate::frame::Tool;

/// All tools, in the order in which the help lists them.
pub(crate) const TOOLS: &[Tool] = &[dump_log::TOOL];
