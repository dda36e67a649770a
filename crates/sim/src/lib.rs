//! Real code on a simulated disk, from one seed, judged by checkers that keep a truth of their own.
//!
//! A round draws everything from its seed: configuration, work, faults, the moments the power goes and what is left
//! then. The same seed tells the same story, so a failure is a number to run again. The crate never talks to a real
//! disk, reads no clock and shares no code with what it judges beyond reading and building batches.
//!
//! Start at [`log`], the simulator of one partition's log, [`compaction`], that of one whose keys are cleaned, [`group`], that
//! of the groups of one coordinator, or [`txn`], that of transactions.

pub mod compaction;
pub mod group;
pub mod log;
mod rounds;
pub mod txn;
