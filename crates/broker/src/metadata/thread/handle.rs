//! How the rest of the node asks the controller.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ottla_controller::{Controller, Outcome, VersionedRecord, Via};
use ottla_record::{Offset, Timestamp};
use ottla_wire::Uuid;
use ottla_wire::api::allocate_producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse};
use ottla_wire::api::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
};
use ottla_wire::api::create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse};
use ottla_wire::api::create_topics::{CreateTopicsRequest, CreateTopicsResponse};
use ottla_wire::api::delete_topics::{DeleteTopicsRequest, DeleteTopicsResponse};
use ottla_wire::api::elect_leaders::{ElectLeadersRequest, ElectLeadersResponse};
use ottla_wire::api::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};
use ottla_wire::api::unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};
use ottla_wire::api::update_features::{UpdateFeaturesRequest, UpdateFeaturesResponse};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

/// Most requests that wait for the metadata thread; whoever comes then waits to be let in.
pub(super) const INBOX_MAX: usize = 1024;

/// The controller cannot answer: it has failed, or the node stops. Kafka's `NOT_CONTROLLER` tells clients to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the controller of this node is not active")]
pub(crate) struct ControllerUnavailable;

/// What the controller made of a request, before it is committed.
pub(super) struct Decision {
    pub(super) records: Vec<VersionedRecord>,
    pub(super) atomic: bool,
    /// Answers the request: when its records are committed, or not at all.
    pub(super) answer: Box<dyn FnOnce() + Send>,
}

/// Asks the controller: with the time, and the offset that the next record will get.
pub(super) type Decide = Box<dyn FnOnce(&mut Controller, Timestamp, Offset) -> Decision + Send>;

/// What the metadata thread is asked.
pub(super) enum Command {
    /// Let the controller decide.
    Decide(Decide),
    /// Tell the controller that log directories of this broker have failed.
    FailDirectories(Vec<Uuid>, oneshot::Sender<()>),
    /// Give up all leaderships of this broker.
    ControlledShutdown(oneshot::Sender<()>),
    /// Close the log and end.
    Stop,
}

/// Asks the controller of this node. Answers come when what they tell is on disk and published within the node.
#[derive(Clone)]
pub(crate) struct ControllerHandle {
    pub(super) inbox: mpsc::Sender<Command>,
    pub(super) broker_epoch: Arc<AtomicI64>,
    pub(super) failure: watch::Receiver<Option<Arc<str>>>,
}

#[cfg(test)]
impl ControllerHandle {
    /// A handle that nobody answers.
    pub(crate) fn detached() -> Self {
        let (inbox, _) = mpsc::channel(1);
        Self { inbox, broker_epoch: Arc::default(), failure: watch::channel(None).1 }
    }
}

type Answer<R> = Result<R, ControllerUnavailable>;

impl ControllerHandle {
    /// Epoch of this broker's registration.
    pub(crate) fn broker_epoch(&self) -> i64 {
        self.broker_epoch.load(Ordering::Acquire)
    }

    /// Waits until the metadata log fails, for ever if it does not; answers why. The node has to stop then.
    pub(crate) async fn failed(&self) -> Arc<str> {
        let mut failure = self.failure.clone();
        let cause = failure.wait_for(Option::is_some).await.ok().and_then(|cause| cause.clone());
        match cause {
            Some(cause) => cause,
            None => std::future::pending().await,
        }
    }

    /// Lets the controller decide, and waits until what it decided is committed and published.
    pub(crate) async fn decide<R: Send + 'static>(
        &self,
        decide: impl FnOnce(&mut Controller, Timestamp, Offset) -> Outcome<R> + Send + 'static,
    ) -> Answer<R> {
        let (answer, answered) = oneshot::channel();
        let decide: Decide = Box::new(move |controller, now, next_offset| {
            let Outcome { records, response, atomic } = decide(controller, now, next_offset);
            // Whoever asked may be gone.
            let answer = Box::new(move || drop(answer.send(response)));
            Decision { records, atomic, answer }
        });
        self.inbox.send(Command::Decide(decide)).await.map_err(|_| ControllerUnavailable)?;
        answered.await.map_err(|_| ControllerUnavailable)
    }

    /// CreateTopics.
    pub(crate) async fn create_topics(&self, request: CreateTopicsRequest) -> Answer<CreateTopicsResponse> {
        self.decide(move |core, now, _| core.handle_create_topics(now, &request, Via::Broker)).await
    }

    /// DeleteTopics.
    pub(crate) async fn delete_topics(
        &self,
        request: DeleteTopicsRequest,
        version: i16,
    ) -> Answer<DeleteTopicsResponse> {
        self.decide(move |core, now, _| core.handle_delete_topics(now, &request, version)).await
    }

    /// CreatePartitions.
    pub(crate) async fn create_partitions(
        &self,
        request: CreatePartitionsRequest,
    ) -> Answer<CreatePartitionsResponse> {
        self.decide(move |core, now, _| core.handle_create_partitions(now, &request)).await
    }

    /// ElectLeaders.
    pub(crate) async fn elect_leaders(&self, request: ElectLeadersRequest) -> Answer<ElectLeadersResponse> {
        self.decide(move |core, now, _| core.handle_elect_leaders(now, &request)).await
    }

    /// UpdateFeatures.
    pub(crate) async fn update_features(
        &self,
        request: UpdateFeaturesRequest,
        version: i16,
    ) -> Answer<UpdateFeaturesResponse> {
        self.decide(move |core, now, _| core.handle_update_features(now, &request, version)).await
    }

    /// AllocateProducerIds.
    pub(crate) async fn allocate_producer_ids(
        &self,
        request: AllocateProducerIdsRequest,
    ) -> Answer<AllocateProducerIdsResponse> {
        self.decide(move |core, now, _| core.handle_allocate_producer_ids(now, &request)).await
    }

    /// AlterPartitionReassignments.
    pub(crate) async fn alter_partition_reassignments(
        &self,
        request: AlterPartitionReassignmentsRequest,
    ) -> Answer<AlterPartitionReassignmentsResponse> {
        self.decide(move |core, now, _| core.handle_alter_partition_reassignments(now, &request)).await
    }

    /// ListPartitionReassignments.
    pub(crate) async fn list_partition_reassignments(
        &self,
        request: ListPartitionReassignmentsRequest,
    ) -> Answer<ListPartitionReassignmentsResponse> {
        self.decide(move |core, now, _| core.handle_list_partition_reassignments(now, &request)).await
    }

    /// UnregisterBroker.
    pub(crate) async fn unregister_broker(
        &self,
        request: UnregisterBrokerRequest,
    ) -> Answer<UnregisterBrokerResponse> {
        self.decide(move |core, now, _| core.handle_unregister_broker(now, &request)).await
    }

    /// Tells the controller that log directories of this broker have failed; other directories go on.
    pub(crate) async fn fail_directories(&self, directories: Vec<Uuid>) -> Answer<()> {
        self.ask(|done| Command::FailDirectories(directories, done)).await
    }

    /// Gives up all leaderships of this broker, which is about to stop.
    pub(crate) async fn controlled_shutdown(&self) -> Answer<()> {
        self.ask(Command::ControlledShutdown).await
    }

    async fn ask<R>(&self, command: impl FnOnce(oneshot::Sender<R>) -> Command) -> Answer<R> {
        let (answer, answered) = oneshot::channel();
        self.inbox.send(command(answer)).await.map_err(|_| ControllerUnavailable)?;
        answered.await.map_err(|_| ControllerUnavailable)
    }
}

impl std::fmt::Debug for ControllerHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ControllerHandle").field("broker_epoch", &self.broker_epoch()).finish_non_exhaustive()
    }
}
