//! What coordinators share: the pure state machines that each keep one partition of an internal topic.
//!
//! A coordinator is told what happened, with the time ([`Now`]), and answers with replies that may leave ([`Reply`]) and
//! records to append ([`Write`]). This crate has the pieces that do not depend on what is coordinated: requests by
//! their [`Token`], writes under way ([`Writes`]), what is due when ([`Timers`]), and the partition that an id belongs
//! to ([`partition_for`]).
//!
//! It does no IO, keeps no time and draws no chance. Start at [`Write`], then see `ottla-group` and `ottla-txn`, which
//! are the coordinators.

mod java;
mod now;
mod record;
mod reply;
mod timers;
mod transaction;
mod writes;

pub use java::{partition_for, string_hash};
pub use now::Now;
pub use record::CoordinatorRecord;
pub use reply::{Reply, Token};
pub use timers::Timers;
pub use transaction::{TransactionEnd, TransactionalProducer, WriteTransaction};
pub use writes::{PendingWrite, Write, WriteId, Writes};
