//! What all coordinators have in common, as the shell around them sees it.

use std::sync::Arc;

use ottla_coordinator::{CoordinatorRecord, Now, Reply, Write, WriteId};
use ottla_group::DeletedTopic;
use ottla_record::{Offset, ProducerId, Timestamp};
use ottla_wire::{DecodeError, ErrorCode};

use super::WeakShard;

/// A state machine that keeps its state in one partition of an internal topic.
pub(crate) trait Core: Sized + Send + 'static {
    /// What it writes.
    type Record: CoordinatorRecord + Send + 'static;
    /// What it answers.
    type Response: Send + 'static;
    /// What it asks the rest of the node to do.
    type Errand: Send + 'static;
    /// What comes of what it is told.
    type Outcome: Into<Effects<Self>> + Send;

    /// What it coordinates, for the log: a plural.
    const WHAT: &'static str;

    /// Takes in a record of its partition; one of a type that a later release writes is read past.
    fn load(&mut self, now: Now, origin: Origin, key: &[u8], value: Option<&[u8]>)
    -> Result<(), DecodeError>;

    /// Takes in the end of a transaction that records of its partition are part of.
    fn load_transaction_end(&mut self, producer_id: ProducerId, committed: bool);

    /// Everything is loaded.
    fn on_loaded(&mut self, now: Now) -> Self::Outcome;

    /// The partition has gone to another coordinator: whoever waits is told.
    fn on_unloaded(self) -> Vec<Reply<Self::Response>>;

    /// Records are in the log, the first at an offset.
    fn written(&mut self, now: Now, write: Write<Self::Record>, base_offset: Offset);

    /// Records cannot be lost any more.
    fn committed(&mut self, now: Now, id: WriteId) -> Self::Outcome;

    /// Records could not be appended, or nobody knows whether they are safe.
    fn failed(&mut self, now: Now, id: WriteId, error: ErrorCode) -> Self::Outcome;

    /// The steady time at which something is due.
    fn poll_timeout(&self) -> Option<Timestamp>;

    /// Does what is due.
    fn handle_timeout(&mut self, now: Now) -> Self::Outcome;

    /// Topics are gone.
    fn handle_topics_deleted(&mut self, topics: &[DeletedTopic]) -> Self::Outcome;

    /// The feature `transaction.version` has another level.
    fn handle_transaction_version(&mut self, level: i16);
}

/// What comes of what a core is told.
pub(crate) struct Effects<C: Core> {
    /// Replies that may leave now.
    pub(crate) replies: Vec<Reply<C::Response>>,
    /// Batches to append, in this order, before the core is told anything else.
    pub(crate) writes: Vec<Write<C::Record>>,
    /// What the rest of the node is to do, after that.
    pub(crate) errands: Vec<C::Errand>,
}

/// Where a record comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    /// Its offset.
    pub(crate) offset: Offset,
    /// Producer of its transaction, or [`ProducerId::NONE`].
    pub(crate) producer_id: ProducerId,
}

/// Does for a core what it cannot do itself.
pub(crate) trait Errands<C: Core>: Send + Sync {
    /// Begins an errand, on the thread and within the runtime of the coordinator; the core is told of its end by
    /// [`WeakShard::tell`].
    fn begin(self: Arc<Self>, errand: C::Errand, shard: &WeakShard<C>);
}
