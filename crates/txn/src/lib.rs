//! The transaction coordinator: transactional ids, the producers that hold them, and how far their transactions are.
//!
//! A [`TransactionCoordinator`] is the state machine of one partition of `__transaction_state`. It is told what happened
//! (`handle_*`, with the time) and answers with an [`Outcome`]: replies that may leave, [`Write`]s to append,
//! [`MarkersToWrite`] to the partitions of transactions that end, and how many producer ids it wants. Whoever owns it
//! appends the writes and says how that went ([`committed`](TransactionCoordinator::committed),
//! [`failed`](TransactionCoordinator::failed)), has the markers written and tells of each partition
//! ([`handle_markers_written`](TransactionCoordinator::handle_markers_written)), brings producer ids
//! ([`handle_producer_id`](TransactionCoordinator::handle_producer_id)), and wakes it at
//! [`poll_timeout`](TransactionCoordinator::poll_timeout).
//!
//! Nothing counts before it is safe: a transactional id moves on when the record of its new state is committed, and
//! until then every other request for it is told to come again. What [`replay`](TransactionCoordinator::replay) makes
//! of the records is what a coordinator that takes over knows; it drives on what was prepared.
//!
//! The crate does no IO, keeps no time, draws no chance, and does not write into transactions' partitions itself. Who may
//! ask for what, and which topics exist, is for the sender to check.
//!
//! It follows KIP-98, KIP-360, KIP-447, KIP-664 and KIP-890. Of KIP-939 it knows transactions without timeout, as
//! Kafka 4.3 does, but not those that survive their producer.

mod config;
mod coordinator;
mod marker;
mod metadata;
mod outcome;
mod partitions;
mod record;
mod state;
mod version;

pub use config::TransactionCoordinatorConfig;
pub use coordinator::{TransactionCoordinator, TransactionFilter, partitions_result};
pub use marker::{MarkerOutcome, MarkerResult, MarkersId, MarkersToWrite};
pub use metadata::{InvalidTransaction, TransactionMetadata};
pub use ottla_coordinator::{Now, Token, WriteId, partition_for};
pub use ottla_record::TransactionResult;
pub use outcome::{Outcome, Reply, Response, Write};
pub use partitions::Partitions;
pub use record::TransactionRecord;
pub use state::TransactionState;
pub use version::TransactionVersion;
