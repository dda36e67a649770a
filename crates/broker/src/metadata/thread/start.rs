//! From the directories of a node to its running metadata thread.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ottla_config::{Endpoint, Layers, ServerConfig, Written};
use ottla_controller::features::supported_features;
use ottla_controller::image::{MetadataDelta, MetadataImage, MetadataLoader, Provenance, ReplayError};
use ottla_controller::{ActivationError, Controller, ControllerOptions, VersionedRecord};
use ottla_io::{Clock, Disk, DiskLock};
use ottla_log::error::DiskError;
use ottla_log::paths::LOCK;
use ottla_record::{Offset, Timestamp};
use ottla_wire::{ErrorCode, Uuid};
use thiserror::Error;
use tokio::sync::{mpsc, watch};

use super::handle::{Command, ControllerHandle, INBOX_MAX};
use super::lifecycle::{BrokerIdentity, Lifecycle};
use super::snapshots::{SnapshotLimits, Snapshots};
use super::{MetadataFailure, MetadataPublisher, MetadataThread};
use crate::metadata::cache::MetadataCache;
use crate::metadata::config::DynamicConfig;
use crate::metadata::log::{
    LoadedBatch, MetadataLog, MetadataLogError, MetadataLogOptions, OpenMetadataLogError, Replay,
};
use crate::metadata::voters::LocalVoter;
use crate::storage::NodeStorage;

/// Since this level of `metadata.version` controllers register (KIP-919).
const METADATA_VERSION_WITH_CONTROLLER_REGISTRATION: i16 = 15;

/// Source of random bytes that several threads may ask.
pub(crate) type RandomSource = Arc<dyn Fn() -> [u8; 16] + Send + Sync>;

/// What the metadata of a node needs.
pub(crate) struct MetadataOptions {
    /// What stands in the node's file.
    pub(crate) written: Written,
    /// The same, resolved.
    pub(crate) config: Arc<ServerConfig>,
    /// The node's directories, which were found to be its own.
    pub(crate) storage: Arc<NodeStorage>,
    /// Where clients and brokers reach this node; hosts and ports are known.
    pub(crate) broker_endpoints: Vec<Endpoint>,
    /// Where controllers and brokers reach its controller.
    pub(crate) controller_endpoints: Vec<Endpoint>,
    /// Where all files are.
    pub(crate) disk: Arc<dyn Disk>,
    /// The time it goes by.
    pub(crate) clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub(crate) random: RandomSource,
}

/// What is known of a broker's directories once they are loaded.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoadedDirectories {
    /// Ids of the usable ones.
    pub(crate) online: Vec<Uuid>,
    /// Ids of those that get no new replicas.
    pub(crate) cordoned: Vec<Uuid>,
    /// The broker's epoch before a clean shutdown; -1 after another end.
    pub(crate) previous_broker_epoch: i64,
}

/// The node's metadata cannot be used, or its broker not be registered.
#[derive(Debug, Error)]
pub(crate) enum StartMetadataError {
    #[error("process.roles must be broker,controller: a node that is not both is not supported yet")]
    Roles,
    #[error("{} is locked: another node, or another start of this one, uses the directory", _0.display())]
    Locked(PathBuf),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Open(#[from] OpenMetadataLogError),
    #[error(transparent)]
    Log(#[from] MetadataLogError),
    #[error(transparent)]
    Activation(#[from] ActivationError),
    #[error(transparent)]
    Failure(#[from] MetadataFailure),
    #[error("cannot start the metadata thread: {0}")]
    Thread(#[source] io::Error),
}

/// The metadata of a node: loaded, led and decided by this node, but not yet known to anyone.
pub(crate) struct Metadata {
    thread: MetadataThread,
    /// All there is, as a change from nothing.
    initial: Option<MetadataDelta>,
    identity: BrokerIdentity,
    lock: Option<Box<dyn DiskLock>>,
    /// Whether the directory of the metadata log holds no partitions, so that nobody else locks it.
    is_apart: bool,
}

/// Lets controller and loader follow what is loaded.
struct Followers {
    controller: Controller,
    loader: MetadataLoader,
}

impl Replay for Followers {
    fn snapshot(&mut self, provenance: Provenance, records: &[VersionedRecord]) -> Result<(), ReplayError> {
        let records = || records.iter().map(|record| &record.record);
        self.loader.load_snapshot(provenance, records())?;
        self.controller.load_snapshot(provenance, records())
    }

    fn batch(&mut self, batch: &LoadedBatch) -> Result<(), (Offset, ReplayError)> {
        for (provenance, record) in batch.records() {
            self.loader
                .replay(provenance, &record.record)
                .and_then(|()| self.controller.replay(provenance, &record.record))
                .map_err(|error| (provenance.offset, error))?;
        }
        Ok(())
    }
}

impl Metadata {
    /// Loads the metadata log, opens this node's epoch as its leader, and writes what a new cluster begins with.
    ///
    /// Takes the lock of the metadata directory first; see [`release_lock`](Self::release_lock).
    pub(crate) fn open(options: MetadataOptions) -> Result<Self, StartMetadataError> {
        let MetadataOptions { written, config, storage, disk, clock, random, .. } = options;
        if !(config.process_roles.broker && config.process_roles.controller) {
            return Err(StartMetadataError::Roles);
        }
        let now = Timestamp(clock.now_ms());
        let lock = lock(&*disk, Path::new(&config.metadata_log_dir))?;
        let controller = new_controller(&written, &config, &storage, Arc::clone(&random));
        let mut followers = Followers { controller, loader: MetadataLoader::new() };
        let local = LocalVoter {
            node_id: config.node_id,
            directory_id: storage.metadata_directory_id(),
            endpoints: options.controller_endpoints.clone(),
        };
        let log_options = MetadataLogOptions::of(&config, local);
        let (log, bytes_since_snapshot) =
            MetadataLog::open(Arc::clone(&disk), log_options, now, &mut followers)?;
        let identity = BrokerIdentity {
            node_id: config.node_id,
            cluster_id: storage.cluster_id.clone(),
            incarnation_id: Uuid::random(|| random()),
            broker_endpoints: options.broker_endpoints,
            controller_endpoints: options.controller_endpoints,
            rack: config.keys.general.broker_rack.clone(),
            supported_features: supported_features(config.keys.general.unstable_feature_versions_enable),
            directories: Vec::new(),
            cordoned_directories: Vec::new(),
            previous_broker_epoch: -1,
        };
        let is_apart = !config.log_dirs.contains(&config.metadata_log_dir);
        let monotonic = i64::try_from(clock.monotonic().as_millis()).unwrap_or(i64::MAX);
        let thread = MetadataThread {
            controller: followers.controller,
            loader: followers.loader,
            log,
            lifecycle: Lifecycle::new(identity.clone(), heartbeat_interval(&config)),
            snapshots: new_snapshots(&config, bytes_since_snapshot, random),
            publishers: Vec::new(),
            cache: Arc::default(),
            config: Arc::new(DynamicConfig::new(&written, Arc::clone(&config))),
            disk,
            started_at: Timestamp(now.0.saturating_sub(monotonic)),
            clock,
            broker_epoch: Arc::new(AtomicI64::new(-1)),
            failure: watch::Sender::new(None),
        };
        let mut metadata = Self { thread, initial: None, identity, lock: Some(lock), is_apart };
        metadata.activate(now)?;
        Ok(metadata)
    }

    fn activate(&mut self, now: Timestamp) -> Result<(), StartMetadataError> {
        let thread = &mut self.thread;
        thread.log.lead(now)?;
        let steady_now = thread.steady_now();
        let outcome = thread.controller.activate(steady_now)?;
        thread.append_unpublished(outcome)?;
        self.initial = thread.loader.publish();
        if let Some(initial) = &self.initial {
            thread.cache.publish(Arc::clone(&initial.image));
            thread.config.apply(initial);
        }
        Ok(())
    }

    /// What is known of the cluster so far.
    pub(crate) fn image(&self) -> Arc<MetadataImage> {
        self.thread.cache.image()
    }

    /// Where images are published.
    pub(crate) fn cache(&self) -> Arc<MetadataCache> {
        Arc::clone(&self.thread.cache)
    }

    /// The node's configuration with its dynamic values.
    pub(crate) fn config(&self) -> Arc<DynamicConfig> {
        Arc::clone(&self.thread.config)
    }

    /// Gives back the lock of the metadata directory, for the one who keeps the partitions in it and takes it at once.
    /// Without partitions there it is kept.
    pub(crate) fn release_lock(&mut self) {
        if !self.is_apart {
            self.lock = None;
        }
    }

    /// Tells `publishers` all there is, registers this broker with its controller, lets it lead, and goes on in a thread of
    /// its own. When this returns, the broker is unfenced and its partitions have leaders.
    pub(crate) fn start(
        self,
        directories: LoadedDirectories,
        publishers: Vec<Box<dyn MetadataPublisher>>,
    ) -> Result<(ControllerHandle, MetadataJoin), StartMetadataError> {
        let Self { mut thread, initial, identity, lock, .. } = self;
        let interval = thread.lifecycle.heartbeat_interval;
        let identity = BrokerIdentity {
            directories: directories.online,
            cordoned_directories: directories.cordoned,
            previous_broker_epoch: directories.previous_broker_epoch,
            ..identity
        };
        thread.lifecycle = Lifecycle::new(identity, interval);
        thread.publishers = publishers;
        if let Some(initial) = initial {
            thread.apply(&initial);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(StartMetadataError::Thread)?;
        {
            // A snapshot may be due at once.
            let _inside = runtime.enter();
            thread.register()?;
        }
        let (sender, inbox) = mpsc::channel(INBOX_MAX);
        let handle = ControllerHandle {
            inbox: sender,
            broker_epoch: Arc::clone(&thread.broker_epoch),
            failure: thread.failure.subscribe(),
        };
        let joined = thread::Builder::new()
            .name("ottla-metadata".to_owned())
            .spawn(move || {
                let _lock = lock;
                runtime.block_on(thread.run(inbox));
            })
            .map_err(StartMetadataError::Thread)?;
        Ok((handle.clone(), MetadataJoin { handle, thread: joined }))
    }
}

/// The running metadata thread, to be stopped when everything else is.
pub(crate) struct MetadataJoin {
    handle: ControllerHandle,
    thread: JoinHandle<()>,
}

impl MetadataJoin {
    /// Closes the metadata log in good order and ends the thread. Blocks; not to be called on a runtime's thread.
    pub(crate) fn stop(self) {
        // A thread that has failed takes no more commands, and has said why.
        let _ = self.handle.inbox.blocking_send(Command::Stop);
        let _ = self.thread.join();
    }
}

impl MetadataThread {
    /// Appends and replays an outcome, but publishes nothing yet.
    fn append_unpublished(&mut self, outcome: ottla_controller::Outcome<()>) -> Result<(), MetadataFailure> {
        let mut round = self.begin_round();
        let ottla_controller::Outcome { records, atomic, .. } = outcome;
        let decision = super::handle::Decision { records, atomic, answer: Box::new(|| ()) };
        round.add(decision, &mut self.controller)?;
        if round.is_empty() {
            return Ok(());
        }
        let mut bytes = round.take_bytes();
        let now = self.now();
        self.log.append(&mut bytes, now)?;
        for (provenance, record) in round.records() {
            self.loader
                .replay(*provenance, &record.record)
                .map_err(|source| MetadataFailure::Replay { offset: provenance.offset, source })?;
        }
        Ok(())
    }

    /// Registers controller and broker, and lets the broker lead.
    fn register(&mut self) -> Result<(), MetadataFailure> {
        let version = self.loader.published().features().metadata_version();
        if version.is_some_and(|version| version.level() >= METADATA_VERSION_WITH_CONTROLLER_REGISTRATION) {
            let request = self.lifecycle.controller_registration();
            let outcome = self.controller.handle_controller_registration(self.steady_now(), &request);
            let response = self.commit_one(outcome)?;
            refused(response.error_code)?;
        }
        // Kafka waits until the session of the start before has run out. That start held this directory's lock, so it is over.
        self.controller.broker_ended(self.lifecycle.node_id());
        let request = self.lifecycle.registration();
        let (now, next_offset) = (self.steady_now(), self.log.end_offset());
        const VERSION: i16 = 4;
        let outcome = self.controller.handle_broker_registration(now, &request, VERSION, next_offset);
        let response = self.commit_one(outcome)?;
        refused(response.error_code)?;
        self.lifecycle.broker_epoch = response.broker_epoch;
        self.broker_epoch.store(response.broker_epoch, Ordering::Release);
        self.report_directories()?;
        // The first tells that it has caught up, after which the controller unfences it.
        if let Some(response) = self.heartbeat()? {
            refused(response.error_code)?;
            if response.is_fenced {
                self.heartbeat()?;
            }
        }
        Ok(())
    }
}

fn refused(error_code: i16) -> Result<(), MetadataFailure> {
    match error_code {
        0 => Ok(()),
        code => Err(MetadataFailure::Refused(
            ErrorCode::from_number(code).unwrap_or(ErrorCode::UnknownServerError),
        )),
    }
}

fn lock(disk: &dyn Disk, dir: &Path) -> Result<Box<dyn DiskLock>, StartMetadataError> {
    let path = dir.join(LOCK);
    match disk.try_lock(&path) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(StartMetadataError::Locked(path)),
        Err(source) => Err(DiskError { action: "lock", path, source }.into()),
    }
}

fn new_controller(
    written: &Written,
    config: &ServerConfig,
    storage: &NodeStorage,
    random: RandomSource,
) -> Controller {
    let options = ControllerOptions {
        node_id: config.node_id,
        cluster_id: storage.cluster_id.clone(),
        supported_features: supported_features(config.keys.general.unstable_feature_versions_enable),
        quorum_node_ids: vec![config.node_id],
        kraft_version: i16::from(config.quorum_voters.is_empty()),
        config: config.clone(),
        layers: Layers::new(written),
        bootstrap: storage.bootstrap.records().to_vec(),
    };
    Controller::new(options, Box::new(move || random()))
}

fn new_snapshots(config: &ServerConfig, bytes_since: u64, random: RandomSource) -> Snapshots {
    let keys = &config.keys.metadata_log;
    let interval = u64::try_from(keys.metadata_log_max_snapshot_interval_ms).ok().filter(|ms| *ms > 0);
    let limits = SnapshotLimits {
        bytes: u64::try_from(keys.metadata_log_max_record_bytes_between_snapshots).unwrap_or(u64::MAX),
        interval: interval.map(Duration::from_millis),
    };
    Snapshots::new(limits, bytes_since, random)
}

fn heartbeat_interval(config: &ServerConfig) -> Duration {
    let ms = config.keys.kraft.broker_heartbeat_interval_ms;
    Duration::from_millis(u64::try_from(ms).unwrap_or(2000).max(1))
}
