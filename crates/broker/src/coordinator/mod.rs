//! Coordinators: what keeps its state in internal topics.
//!
//! A [`Coordinators`] has the coordinators of one internal topic: one for each partition that this node leads. A
//! coordinator is a task that owns a [`Core`], which decides, and an inbox. It [loads](loader) the partition, lets the
//! core decide one request after another, [appends](append) what it decides, and answers when that is replicated. Tasks
//! run on threads of their own, so that a partition that loads, or a disk that is slow, holds up no connection.

mod append;
mod core;
pub(crate) mod group;
mod loader;
mod shard;
mod shards;
#[cfg(test)]
mod testing;
mod threads;
pub(crate) mod transaction;

pub(crate) use self::core::{Core, Effects, Errands, Origin};
pub(crate) use self::shard::WeakShard;
pub(crate) use self::shards::{CoordinatorOptions, Coordinators};

/// The topic that groups and their offsets are kept in.
pub(crate) const CONSUMER_OFFSETS: &str = "__consumer_offsets";
/// The topic that transactions are kept in.
pub(crate) const TRANSACTION_STATE: &str = "__transaction_state";
