//! The three indexes of a segment.
//!
//! An index never holds anything that cannot be rebuilt from its log. Entries are opened on first use, since most
//! partitions of a node are idle, and the latest entries of a live index wait in memory to be written together.

mod entries;
mod offset;
#[cfg(test)]
mod tests;
mod time;
mod transaction;

pub use offset::{OffsetIndex, OffsetPosition};
pub use time::{TimeIndex, TimestampOffset};
pub use transaction::{AbortedTransaction, AbortedTransactions, TransactionIndex};
