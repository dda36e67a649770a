//! The group coordinators of this node: one for each partition of `__consumer_offsets` that it leads.

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ottla_config::ServerConfig;
use ottla_controller::image::MetadataDelta;
use ottla_coordinator::{Now, WriteId};
use ottla_group::{
    DeletedTopic, GroupCoordinator, GroupRecord, MemberIdSeed, Outcome, RecordOrigin, Reply, Response, Write,
};
use ottla_io::Clock;
use ottla_record::{Offset, ProducerId, Timestamp};
use ottla_wire::error::DecodeFailure;
use ottla_wire::group::GroupKey;
use ottla_wire::{DecodeError, ErrorCode};

use super::{CONSUMER_OFFSETS, CoordinatorOptions, Coordinators, Core, Effects, Errands, Origin, WeakShard};
use crate::metadata::thread::{MetadataPublisher, RandomSource};
use crate::partitions::Partitions;

/// What the group coordinators of a node need.
pub(crate) struct GroupCoordinatorOptions {
    /// The configuration the node was started with; no key of groups can be changed later.
    pub(crate) config: Arc<ServerConfig>,
    /// The partitions of which this node has a replica.
    pub(crate) partitions: Arc<Partitions>,
    /// The time it goes by.
    pub(crate) clock: Arc<dyn Clock>,
    /// Where ids of members come from.
    pub(crate) random: RandomSource,
}

/// The group coordinators of this node.
#[derive(Debug)]
pub(crate) struct GroupCoordinators {
    coordinators: Coordinators<GroupCoordinator>,
    random: Random,
}

struct Random(RandomSource);

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

impl Deref for GroupCoordinators {
    type Target = Coordinators<GroupCoordinator>;

    fn deref(&self) -> &Self::Target {
        &self.coordinators
    }
}

impl GroupCoordinators {
    /// Starts the threads of coordinators; there are none before the metadata says so.
    ///
    /// # Errors
    ///
    /// The operating system gives no thread.
    pub(crate) fn start(options: GroupCoordinatorOptions) -> io::Result<Arc<Self>> {
        let GroupCoordinatorOptions { config, partitions, clock, random } = options;
        let keys = &config.keys.group_coordinator;
        let core_config = ottla_group::GroupCoordinatorConfig::from(&config.keys);
        let coordinators = Coordinators::start(CoordinatorOptions {
            topic: CONSUMER_OFFSETS,
            partition_count: keys.offsets_topic_num_partitions,
            threads: usize::try_from(keys.group_coordinator_threads).unwrap_or(1),
            partitions,
            clock,
            new_core: Box::new(move |_, _| GroupCoordinator::new(core_config.clone())),
            errands: Arc::new(NoErrands),
            compression_codec: keys.offsets_topic_compression_codec,
            commit_timeout: Duration::from_millis(keys.offsets_commit_timeout_ms.unsigned_abs().into()),
            load_bytes: keys.offsets_load_buffer_size.unsigned_abs(),
        })?;
        Ok(Arc::new(Self { coordinators, random: Random(random) }))
    }

    /// A seed for the id of a member.
    pub(crate) fn member_id_seed(&self) -> MemberIdSeed {
        MemberIdSeed((self.random.0)())
    }
}

impl Core for GroupCoordinator {
    type Record = GroupRecord;
    type Response = Response;
    type Errand = Infallible;
    type Outcome = Outcome;

    const WHAT: &'static str = "groups";

    fn load(
        &mut self,
        now: Now,
        origin: Origin,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), DecodeError> {
        let key = match GroupKey::decode(Bytes::copy_from_slice(key)) {
            Ok(key) => key,
            Err(error) if matches!(error.failure(), DecodeFailure::UnknownType { .. }) => {
                tracing::warn!(offset = %origin.offset, %error, "a record of groups is of an unknown type");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let value = value.map(|value| key.decode_value(Bytes::copy_from_slice(value))).transpose()?;
        let origin = RecordOrigin { offset: origin.offset, producer_id: origin.producer_id };
        self.replay(now, origin, key, value.map(|(value, _)| value));
        Ok(())
    }

    fn load_transaction_end(&mut self, producer_id: ProducerId, committed: bool) {
        self.replay_end_transaction(producer_id, committed);
    }

    fn on_loaded(&mut self, now: Now) -> Outcome {
        Self::on_loaded(self, now)
    }

    fn on_unloaded(self) -> Vec<Reply> {
        Self::on_unloaded(self)
    }

    fn written(&mut self, now: Now, write: Write, base_offset: Offset) {
        Self::written(self, now, write, base_offset);
    }

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

    fn handle_topics_deleted(&mut self, topics: &[DeletedTopic]) -> Outcome {
        Self::handle_topics_deleted(self, topics)
    }

    /// It is the producers' and their coordinator's.
    fn handle_transaction_version(&mut self, _level: i16) {}
}

impl From<Outcome> for Effects<GroupCoordinator> {
    fn from(outcome: Outcome) -> Self {
        Self { replies: outcome.replies, writes: outcome.writes, errands: Vec::new() }
    }
}

/// Groups ask the rest of the node for nothing.
struct NoErrands;

impl Errands<GroupCoordinator> for NoErrands {
    fn begin(self: Arc<Self>, errand: Infallible, _shard: &WeakShard<GroupCoordinator>) {
        match errand {}
    }
}

/// Lets the coordinators follow the metadata.
pub(crate) struct GroupPublisher(pub(crate) Arc<GroupCoordinators>);

impl MetadataPublisher for GroupPublisher {
    fn apply(&mut self, delta: &MetadataDelta) {
        self.0.apply(delta);
    }
}
