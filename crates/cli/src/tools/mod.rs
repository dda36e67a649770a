//! The tools, one file or folder each. This table is where one is added.

mod dump_log;

use crate::frame::Tool;

/// All tools, in the order in which the help lists them.
pub(crate) const TOOLS: &[Tool] = &[dump_log::TOOL];
