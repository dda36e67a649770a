//! The transaction coordinators of this node: one for each partition of `__transaction_state` that it leads.

mod errands;
mod markers;
mod membership;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use ottla_config::ServerConfig;
use ottla_controller::image::MetadataDelta;
use ottla_coordinator::{Now, WriteId};
use ottla_group::DeletedTopic;
use ottla_io::Clock;
use ottla_record::{Offset, ProducerId, Timestamp};
use ottla_txn::{
    Outcome, Reply, Response, TransactionCoordinator, TransactionCoordinatorConfig, TransactionRecord,
    TransactionVersion, Write,
};
use ottla_wire::api::add_partitions_to_txn::AddPartitionsToTxnTransaction;
use ottla_wire::{DecodeError, ErrorCode};

pub(crate) use self::errands::TransactionErrands;
use self::errands::{TransactionErrand, errands_of};
pub(crate) use self::markers::MarkerWriter;
pub(crate) use self::membership::{ClientSupport, Membership, MembershipFuture, PartitionKey, Question};
use super::{CoordinatorOptions, Coordinators, Core, Effects, Origin, TRANSACTION_STATE};
use crate::metadata::thread::MetadataPublisher;
use crate::partitions::Partitions;

/// Version of AddPartitionsToTxn at which leaders of partitions ask.
const ADD_PARTITIONS_VERSION: i16 = 5;
/// Records of transactions are not compressed: Kafka's codec of this number.
const UNCOMPRESSED: i32 = 0;

/// What the transaction coordinators of a node need.
pub(crate) struct TransactionCoordinatorOptions {
    /// The configuration the node was started with.
    pub(crate) config: Arc<ServerConfig>,
    /// The partitions of which this node has a replica.
    pub(crate) partitions: Arc<Partitions>,
    /// The time it goes by.
    pub(crate) clock: Arc<dyn Clock>,
    /// Does what they ask the rest of the node for.
    pub(crate) errands: Arc<TransactionErrands>,
}

/// The transaction coordinators of this node.
#[derive(Debug)]
pub(crate) struct TransactionCoordinators(Coordinators<TransactionCoordinator>);

impl Deref for TransactionCoordinators {
    type Target = Coordinators<TransactionCoordinator>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl TransactionCoordinators {
    /// Starts the thread of coordinators; there are none before the metadata says so.
    ///
    /// # Errors
    ///
    /// The operating system gives no thread.
    pub(crate) fn start(options: TransactionCoordinatorOptions) -> io::Result<Arc<Self>> {
        let TransactionCoordinatorOptions { config, partitions, clock, errands } = options;
        let keys = &config.keys.transaction;
        let core_config = TransactionCoordinatorConfig::from(&config.keys);
        let coordinators = Coordinators::start(CoordinatorOptions {
            topic: TRANSACTION_STATE,
            partition_count: keys.transaction_state_log_num_partitions,
            threads: 1,
            partitions,
            clock,
            new_core: Box::new(move |epoch, level| {
                let version = TransactionVersion::from_feature_level(level);
                TransactionCoordinator::new(core_config.clone(), epoch, version)
            }),
            errands,
            compression_codec: UNCOMPRESSED,
            commit_timeout: Duration::from_millis(
                config.keys.general.request_timeout_ms.unsigned_abs().into(),
            ),
            load_bytes: keys.transaction_state_log_load_buffer_size.unsigned_abs(),
        })?;
        Ok(Arc::new(Self(coordinators)))
    }
}

impl Membership for TransactionCoordinators {
    fn ask(&self, transaction: AddPartitionsToTxnTransaction) -> MembershipFuture<'_> {
        Box::pin(async move {
            let id = transaction.transactional_id.clone();
            let answer = self.call(&id, move |core, now, token| {
                core.handle_add_partitions_to_txn(now, ADD_PARTITIONS_VERSION, &transaction, token)
            });
            match answer.await? {
                Response::AddPartitionsToTxn(result) => Ok(result),
                _ => Err(ErrorCode::UnknownServerError),
            }
        })
    }
}

impl Core for TransactionCoordinator {
    type Record = TransactionRecord;
    type Response = Response;
    type Errand = TransactionErrand;
    type Outcome = Outcome;

    const WHAT: &'static str = "transactions";

    fn load(
        &mut self,
        _now: Now,
        origin: Origin,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), DecodeError> {
        self.replay_bytes(origin.offset, Some(key), value);
        Ok(())
    }

    fn load_transaction_end(&mut self, producer_id: ProducerId, _committed: bool) {
        tracing::warn!(%producer_id, "transactions are not kept in transactions, but there is a marker");
    }

    fn on_loaded(&mut self, now: Now) -> Outcome {
        Self::on_loaded(self, now)
    }

    fn on_unloaded(self) -> Vec<Reply> {
        Self::on_unloaded(self)
    }

    /// What is written counts once it is committed.
    fn written(&mut self, _now: Now, _write: Write, _base_offset: Offset) {}

    fn committed(&mut self, now: Now, id: WriteId) -> Outcome {
        Self::committed(self, now, id)
    }

    fn failed(&mut self, now: Now, id: WriteId, error: ErrorCode) -> Outcome {
        Self::failed(self, now, id, error)
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        Self::poll_timeout(self)
    }

    fn handle_timeout(&mut self, now: Now) -> Outcome {
        Self::handle_timeout(self, now)
    }

    /// That a partition is gone shows when its marker is to be written.
    fn handle_topics_deleted(&mut self, _topics: &[DeletedTopic]) -> Outcome {
        Outcome::default()
    }

    fn handle_transaction_version(&mut self, level: i16) {
        self.set_transaction_version(TransactionVersion::from_feature_level(level));
    }
}

impl From<Outcome> for Effects<TransactionCoordinator> {
    fn from(outcome: Outcome) -> Self {
        let Outcome { replies, writes, markers, producer_ids_wanted } = outcome;
        Self { replies, writes, errands: errands_of(markers, producer_ids_wanted) }
    }
}

/// Lets the coordinators follow the metadata.
pub(crate) struct TransactionPublisher(pub(crate) Arc<TransactionCoordinators>);

impl MetadataPublisher for TransactionPublisher {
    fn apply(&mut self, delta: &MetadataDelta) {
        self.0.apply(delta);
    }
}
