//! The metadata thread: it owns the controller and the metadata log, and is the only one to write the cluster's state.
//!
//! Requests wait in a bounded inbox. What is there when the thread comes to it is decided in one round: the records of all
//! share one append and one sync, then they are replayed and published within the node, and only then are the requests
//! answered. A failure of the log ends the thread; the node must stop then, and a new start finds out what is on the disk.

mod handle;
mod lifecycle;
mod round;
mod snapshots;
mod start;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use ottla_controller::image::{MetadataDelta, MetadataLoader, ReplayError};
use ottla_controller::{Controller, Outcome};
use ottla_io::{Clock, Disk};
use ottla_record::{Offset, Timestamp};
use ottla_wire::api::broker_heartbeat::BrokerHeartbeatResponse;
use ottla_wire::{ErrorCode, Uuid};
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::cache::{MetadataCache, QuorumStatus};
use super::config::DynamicConfig;
use super::framing::BatchPlace;
use super::log::{MetadataLog, MetadataLogError};
use handle::{Command, Decide, Decision};
use lifecycle::Lifecycle;
use round::Round;
use snapshots::Snapshots;

pub(crate) use handle::ControllerHandle;
#[cfg(test)]
pub(crate) use handle::ControllerUnavailable;
pub(crate) use start::{
    LoadedDirectories, Metadata, MetadataJoin, MetadataOptions, RandomSource, StartMetadataError,
};

/// Most requests that are decided in one round.
const ROUND_REQUESTS_MAX: usize = 256;
/// Most heartbeats of a broker that shuts down before it goes without its controller's consent. Each moves what it can
/// at once, so that a node alone needs two.
const SHUTDOWN_HEARTBEATS_MAX: usize = 20;
/// How often old snapshots and files are looked at.
const CLEAN_INTERVAL: Duration = Duration::from_secs(60);

/// Who acts on changes of the cluster's state. Called on the metadata thread, before the requests that made the change
/// are answered, so that what they promise is there.
pub(crate) trait MetadataPublisher: Send {
    /// Takes up a change.
    fn apply(&mut self, delta: &MetadataDelta);

    /// Replicas of this broker that `apply` has found in another log directory than the metadata say, since the last call.
    fn take_misplaced(&mut self) -> Vec<MisplacedReplica> {
        Vec::new()
    }
}

/// A replica that lies in another log directory than the metadata say, or of which they do not say it yet (KIP-858).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MisplacedReplica {
    /// Where it lies.
    pub(crate) directory: Uuid,
    /// The topic.
    pub(crate) topic_id: Uuid,
    /// The partition.
    pub(crate) partition: i32,
}

/// The metadata thread cannot go on.
#[derive(Debug, Error)]
pub(crate) enum MetadataFailure {
    #[error("the metadata log failed: {0}")]
    Log(#[from] MetadataLogError),
    #[error("a record that the controller wrote at offset {offset} does not fit its own state: {source}")]
    Replay { offset: Offset, source: ReplayError },
    #[error("the controller refuses this broker: {0:?}")]
    Refused(ErrorCode),
}

/// The metadata thread's state.
struct MetadataThread {
    controller: Controller,
    loader: MetadataLoader,
    log: MetadataLog,
    lifecycle: Lifecycle,
    snapshots: Snapshots,
    publishers: Vec<Box<dyn MetadataPublisher>>,
    cache: Arc<MetadataCache>,
    config: Arc<DynamicConfig>,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    /// Time of day when the clock that never goes back began.
    started_at: Timestamp,
    broker_epoch: Arc<AtomicI64>,
    failure: watch::Sender<Option<Arc<str>>>,
}

impl MetadataThread {
    /// The time of day, which records carry.
    fn now(&self) -> Timestamp {
        Timestamp(self.clock.now_ms())
    }

    /// A time that never goes back nor jumps, for the controller's sessions and deadlines.
    fn steady_now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.clock.monotonic().as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.started_at.0.saturating_add(elapsed))
    }

    /// Serves requests and timers until the node stops or the log fails.
    async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        let served = self.serve(&mut inbox).await;
        let ended = match (served, self.snapshots.last().await) {
            (Ok(()), Some(done)) => self.on_snapshot(done),
            (served, _) => served,
        };
        match ended {
            Ok(()) => {
                let now = self.now();
                if let Err(error) = self.log.close(now) {
                    tracing::error!(%error, "the metadata log was not closed in good order");
                }
            }
            Err(failure) => {
                let cause = failure.to_string();
                tracing::error!(cause, "the metadata thread ends, the node has to stop");
                self.failure.send_replace(Some(cause.into()));
            }
        }
    }

    async fn serve(&mut self, inbox: &mut mpsc::Receiver<Command>) -> Result<(), MetadataFailure> {
        let mut heartbeat_at = Instant::now() + self.lifecycle.heartbeat_interval;
        let mut clean_at = Instant::now() + CLEAN_INTERVAL;
        // What a round found in the inbox that is no part of it.
        let mut set_aside = None;
        loop {
            let wake_at = self.controller_wake_at().unwrap_or(clean_at).min(heartbeat_at).min(clean_at);
            tokio::select! {
                biased;
                command = next_command(set_aside.take(), inbox) => match command {
                    Some(Command::Stop) | None => return Ok(()),
                    Some(Command::Decide(decide)) => set_aside = self.decide_all(decide, inbox)?,
                    Some(Command::FailDirectories(directories, done)) => {
                        self.lifecycle.fail_directories(directories);
                        self.heartbeat()?;
                        let _ = done.send(());
                    }
                    Some(Command::ControlledShutdown(done)) => {
                        self.shut_down_in_order()?;
                        let _ = done.send(());
                    }
                },
                done = self.snapshots.finished() => self.on_snapshot(done)?,
                () = tokio::time::sleep_until(wake_at) => {}
            }
            let now = Instant::now();
            // The heartbeat goes first: a machine that was asleep must not fence its own broker.
            if now >= heartbeat_at {
                self.heartbeat()?;
                heartbeat_at = now + self.lifecycle.heartbeat_interval;
            }
            self.handle_timeouts()?;
            self.report_directories()?;
            if now >= clean_at {
                let now = self.now();
                self.log.clean(now)?;
                clean_at = Instant::now() + CLEAN_INTERVAL;
            }
        }
    }

    fn controller_wake_at(&self) -> Option<Instant> {
        let due = self.controller.poll_timeout()?;
        let wait = u64::try_from(due.0.saturating_sub(self.steady_now().0)).unwrap_or(0);
        Some(Instant::now() + Duration::from_millis(wait))
    }

    /// Decides a request and those that wait behind it, in one round. Answers the command that ended it, if one did.
    fn decide_all(
        &mut self,
        first: Decide,
        inbox: &mut mpsc::Receiver<Command>,
    ) -> Result<Option<Command>, MetadataFailure> {
        let mut round = self.begin_round();
        let mut set_aside = None;
        let mut next = Some(first);
        let mut room = ROUND_REQUESTS_MAX;
        while let Some(decide) = next.take() {
            let now = self.steady_now();
            let decision = decide(&mut self.controller, now, round.next_offset());
            round.add(decision, &mut self.controller)?;
            room -= 1;
            if room == 0 || round.is_full() {
                break;
            }
            match inbox.try_recv() {
                Ok(Command::Decide(decide)) => next = Some(decide),
                Ok(other) => set_aside = Some(other),
                Err(_) => {}
            }
        }
        self.commit(round)?;
        Ok(set_aside)
    }

    /// Lets the controller do what is due.
    fn handle_timeouts(&mut self) -> Result<(), MetadataFailure> {
        let now = self.steady_now();
        while self.controller.poll_timeout().is_some_and(|due| due <= now) {
            let outcome = self.controller.handle_timeout(now);
            self.commit_one(outcome)?;
        }
        Ok(())
    }

    fn begin_round(&self) -> Round {
        Round::new(BatchPlace {
            base_offset: self.log.end_offset(),
            epoch: self.log.epoch(),
            timestamp: self.now(),
        })
    }

    /// Commits one outcome by itself; answers its response.
    fn commit_one<R>(&mut self, outcome: Outcome<R>) -> Result<R, MetadataFailure> {
        let mut round = self.begin_round();
        let Outcome { records, response, atomic } = outcome;
        round.add(Decision { records, atomic, answer: Box::new(|| ()) }, &mut self.controller)?;
        self.commit(round)?;
        Ok(response)
    }

    /// Makes a round durable, publishes it within the node, and answers its requests.
    fn commit(&mut self, mut round: Round) -> Result<(), MetadataFailure> {
        if !round.is_empty() {
            let mut bytes = round.take_bytes();
            let now = self.now();
            self.log.append(&mut bytes, now)?;
            for (provenance, record) in round.records() {
                self.loader
                    .replay(*provenance, &record.record)
                    .map_err(|source| MetadataFailure::Replay { offset: provenance.offset, source })?;
            }
            self.snapshots.add_bytes(bytes.len() as u64);
            self.publish();
            self.begin_snapshot_if_due();
        }
        round.answer();
        Ok(())
    }

    fn publish(&mut self) {
        let (epoch, high_watermark) = (self.log.epoch(), self.log.end_offset());
        let directory_id = self.log.directory_id();
        let kraft_version = self.log.quorum().kraft_version;
        self.cache.publish_quorum(QuorumStatus { epoch, directory_id, kraft_version, high_watermark });
        if let Some(delta) = self.loader.publish() {
            self.apply(&delta);
        }
    }

    fn apply(&mut self, delta: &MetadataDelta) {
        self.cache.publish(Arc::clone(&delta.image));
        self.config.apply(delta);
        for publisher in &mut self.publishers {
            publisher.apply(delta);
        }
    }

    /// Tells the controller that this broker lives; answers what it says.
    fn heartbeat(&mut self) -> Result<Option<BrokerHeartbeatResponse>, MetadataFailure> {
        if !self.lifecycle.is_alive() {
            return Ok(None);
        }
        let applied = self.loader.published().provenance.offset;
        let request = self.lifecycle.heartbeat(applied);
        let (now, next_offset) = (self.steady_now(), self.log.end_offset());
        let outcome = self.controller.handle_broker_heartbeat(now, &request, next_offset);
        let response = self.commit_one(outcome)?;
        if response.error_code != ErrorCode::None.number() {
            let error = response.error_code;
            tracing::warn!(error, "the controller refuses this broker's heartbeat");
        }
        Ok(Some(response))
    }

    /// Tells the controller in which directories the replicas of this broker lie, as far as it does not know.
    fn report_directories(&mut self) -> Result<(), MetadataFailure> {
        let misplaced = self.publishers.iter_mut().flat_map(|publisher| publisher.take_misplaced()).collect();
        let Some(request) = self.lifecycle.assignment(misplaced) else { return Ok(()) };
        let outcome = self.controller.handle_assign_replicas_to_dirs(self.steady_now(), &request);
        let response = self.commit_one(outcome)?;
        if response.error_code != ErrorCode::None.number() {
            let error = response.error_code;
            tracing::warn!(error, "the controller does not take the directories of this broker's replicas");
        }
        Ok(())
    }

    /// Gives up all leaderships of this broker. What it does not give up in time is taken from it later.
    fn shut_down_in_order(&mut self) -> Result<(), MetadataFailure> {
        self.lifecycle.begin_shutdown();
        for _ in 0..SHUTDOWN_HEARTBEATS_MAX {
            match self.heartbeat()? {
                Some(response) if response.should_shut_down => break,
                Some(_) => {}
                None => break,
            }
        }
        self.lifecycle.end();
        Ok(())
    }
}

/// A command that was set aside, or the next one.
async fn next_command(set_aside: Option<Command>, inbox: &mut mpsc::Receiver<Command>) -> Option<Command> {
    match set_aside {
        Some(command) => Some(command),
        None => inbox.recv().await,
    }
}
