//! The tools, one file or folder each. This table is where one is added.
//!
//! A tool is a constant: names and texts for the help, a [`Syntax`](crate::frame::Syntax) with its options, and
//! [`Run::Plain`](crate::frame::Run) or `Run::Async` with what it does. It writes to the console it is given, flushes before it waits, and
//! ends in a [`Stop`](crate::frame::Stop) that says where its message goes.

mod broker_api_versions;
mod cluster;
mod configs;
mod console_consumer;
mod console_producer;
mod consumer_groups;
mod consumer_perf_test;
mod delete_records;
mod dump_log;
mod features;
mod get_offsets;
mod groups;
mod leader_election;
mod log_dirs;
mod metadata_quorum;
mod producer_perf_test;
mod reassign_partitions;
mod scripts;
mod server;
mod server_stop;
mod start;
mod storage;
pub(crate) mod topic_filter;
mod topics;
mod transactions;

use crate::frame::Tool;

/// All tools, in the order in which the help lists them.
pub(crate) const TOOLS: &[Tool] = &[
    start::TOOL,
    server::TOOL,
    server_stop::TOOL,
    scripts::TOOL,
    storage::TOOL,
    topics::TOOL,
    configs::TOOL,
    console_producer::TOOL,
    producer_perf_test::TOOL,
    get_offsets::TOOL,
    delete_records::TOOL,
    log_dirs::TOOL,
    broker_api_versions::TOOL,
    cluster::TOOL,
    groups::TOOL,
    features::TOOL,
    transactions::TOOL,
    metadata_quorum::TOOL,
    leader_election::TOOL,
    reassign_partitions::TOOL,
    console_consumer::TOOL,
    consumer_groups::TOOL,
    consumer_perf_test::TOOL,
    dump_log::TOOL,
];

/// What the binary does when it is called without arguments, or with options only.
pub(crate) const BARE: Tool = start::TOOL;
