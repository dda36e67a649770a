//! The group coordinator: members and generations of groups, and the offsets they commit.
//!
//! A [`GroupCoordinator`] is the state machine of one partition of `__consumer_offsets`. It is told what happened
//! (`handle_*`, with the time) and answers with an [`Outcome`]: replies that may leave, and [`Write`]s to append. Whoever
//! owns it appends them, says how that went ([`written`](GroupCoordinator::written),
//! [`committed`](GroupCoordinator::committed), [`failed`](GroupCoordinator::failed)), and wakes it at
//! [`poll_timeout`](GroupCoordinator::poll_timeout).
//!
//! It serves the classic protocol. Groups of other protocols that the partition holds are left alone: their
//! records are read past, their offsets stay readable and never expire, and no classic member may join them.
//!
//! The crate does no IO, keeps no time and draws no chance. Nothing that must survive changes but by records: what
//! [`replay`](GroupCoordinator::replay) makes of them is what a coordinator that takes over knows.

mod classic;
mod config;
mod coordinator;
mod java;
mod offsets;
mod outcome;
mod record;
mod timer;
mod turn;
mod writes;

pub use classic::{ClassicGroup, ClassicGroupState, Member};
pub use config::GroupCoordinatorConfig;
pub use coordinator::{DeletedTopic, GroupCoordinator, MemberIdSeed};
pub use offsets::{OffsetAndMetadata, Offsets};
pub use ottla_coordinator::{
    Now, Token, TransactionEnd, TransactionalProducer, WriteId, WriteTransaction, partition_for,
};
pub use outcome::{Outcome, Reply, RequestContext, Response, operation_error};
pub use record::{GroupRecord, RecordOrigin};
pub use writes::Write;
