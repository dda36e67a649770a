//! Compaction of a log: what stays, what goes, and what a crash or a failure on the way leaves.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

#[path = "../common/mod.rs"]
mod common;
mod failures;
mod rig;
mod rules;
