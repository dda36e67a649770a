//! A running node: its parts, started in order and stopped in the reverse.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ottla_config::{ServerConfig, Written};
use ottla_controller::image::{MetadataDelta, MetadataImage};
use ottla_io::{Clock, Disk};
use ottla_log::clean_shutdown::Shutdown;
use ottla_record::Timestamp;
use ottla_wire::api::Listener;
use ottla_wire::{KafkaString, Uuid};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::broker::Broker;
use crate::fetch_sessions::FetchSessions;
use crate::metadata::config::DynamicConfig;
use crate::metadata::endpoints;
use crate::metadata::producer_ids::ProducerIds;
use crate::metadata::thread::{
    ControllerHandle, LoadedDirectories, Metadata, MetadataJoin, MetadataOptions, MetadataPublisher,
    StartMetadataError,
};
use crate::metrics::{EndpointError, MetricsEndpoint, RequestMetrics};
use crate::net::{self, BoundSocket, ConnectionLimits, ConnectionOptions, IoThreads};
use crate::partitions::{
    self, DirectoryLosses, DirectoryToOpen, OpenPartitions, Opened, Partitions, log_configs,
};
use crate::storage::{NodeStorage, OpenStorageError, random_bytes};

/// What a node needs to start.
pub struct NodeOptions {
    /// What was written for it: the file with its overrides.
    pub written: Written,
    /// The same, resolved.
    pub config: ServerConfig,
    /// Where all its files are.
    pub disk: Arc<dyn Disk>,
    /// The time it goes by.
    pub clock: Arc<dyn Clock>,
}

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log directories are not this node's, or not formatted.
    #[error(transparent)]
    Storage(#[from] OpenStorageError),
    /// The metadata of the cluster cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The log directories could not be opened.
    #[error(transparent)]
    Partitions(#[from] partitions::OpenError),
    /// A listener could not be opened.
    #[error(transparent)]
    Listener(#[from] net::BindError),
    /// The metrics endpoint could not be opened.
    #[error(transparent)]
    Metrics(#[from] EndpointError),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
}

/// Why the metadata of the cluster cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct MetadataError(#[from] StartMetadataError);

/// Where a listener of a running node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundListener {
    /// Its name.
    pub name: String,
    /// Its address, with the port that was chosen where none was asked for.
    pub address: SocketAddr,
}

/// A running node. Dropping it stops it without the care that [`shutdown`](Self::shutdown) takes.
pub struct Node {
    listeners: Vec<BoundListener>,
    metrics_address: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
    partitions: Arc<Partitions>,
    controller: ControllerHandle,
    metadata: MetadataJoin,
    failure: watch::Receiver<Option<String>>,
}

impl Node {
    /// Starts a node; when this returns, it serves clients.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start(options: NodeOptions) -> Result<Self, StartError> {
        let config = Arc::new(options.config.clone());
        let storage = open_storage(&options, &config)?;
        let sockets = bind_all(&config)?;
        let listeners: Vec<BoundListener> = sockets.iter().map(BoundListener::of).collect();
        let mut metadata = open_metadata(&options, &config, &storage, &listeners)?;
        let (cache, dynamic_config) = (metadata.cache(), metadata.config());
        // Whoever opens the log directories takes their locks anew.
        metadata.release_lock();
        let opened = open_partitions(&options, &storage, &dynamic_config.current(), &metadata.image())?;
        let directories = loaded_directories(&opened);
        let Opened { partitions, losses, .. } = opened;
        let publisher = PartitionsPublisher::new(&partitions, &dynamic_config);
        let (controller, metadata) =
            metadata.start(directories, vec![Box::new(publisher)]).map_err(MetadataError)?;
        partitions.set_broker_epoch(controller.broker_epoch());
        let slots = config.keys.general.max_incremental_fetch_session_cache_slots;
        let broker = Arc::new(Broker {
            config: Arc::clone(&config),
            dynamic_config,
            cluster_id: KafkaString::from(storage.cluster_id.as_str()),
            metadata: cache,
            controller: controller.clone(),
            producer_ids: ProducerIds::default(),
            clock: options.clock,
            disk: options.disk,
            partitions,
            fetch_sessions: FetchSessions::new(usize::try_from(slots).unwrap_or(0)),
            requests: RequestMetrics::new(),
        });
        let partitions = Arc::clone(&broker.partitions);
        let metrics_listener = config.keys.metrics.ottla_metrics_listener.as_deref();
        let metrics = metrics_listener.map(MetricsEndpoint::bind).transpose()?;

        let (stop, stopped) = watch::channel(false);
        let network = &config.keys.network;
        let connection_options = ConnectionOptions {
            request_bytes_max: network.socket_request_max_bytes,
            idle_max: u64::try_from(network.connections_max_idle_ms).ok().map(Duration::from_millis),
        };
        let (io_threads, mut threads) = IoThreads::start(
            io_thread_count(&options.written, &config),
            &broker,
            connection_options,
            &stopped,
        )
        .map_err(StartError::Thread)?;
        let limits = ConnectionLimits::new(
            usize::try_from(network.max_connections).unwrap_or(0),
            usize::try_from(network.max_connections_per_ip).unwrap_or(0),
        );
        let send_buffer_bytes =
            usize::try_from(network.socket_send_buffer_bytes).ok().filter(|bytes| *bytes > 0);
        let acceptor = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let acceptor = acceptor.map_err(StartError::Thread)?;
        let metrics_address = metrics.as_ref().and_then(|endpoint| endpoint.address().ok());
        let (failed, failure) = watch::channel(None);
        let watched = controller.clone();
        let work = move || {
            acceptor.block_on(async {
                let mut tasks = JoinSet::new();
                tasks.spawn(watch_failures(watched, losses, failed, stopped.clone()));
                if let Some(endpoint) = metrics {
                    let serving = endpoint.serve(broker, stopped.clone());
                    tasks.spawn(async move {
                        if let Err(error) = serving.await {
                            warn!(%error, "the metrics endpoint has ended");
                        }
                    });
                }
                for socket in sockets {
                    let (threads, limits) = (io_threads.clone(), Arc::clone(&limits));
                    tasks.spawn(net::accept(socket, threads, limits, send_buffer_bytes, stopped.clone()));
                }
                while tasks.join_next().await.is_some() {}
            });
        };
        threads.push(
            thread::Builder::new().name("ottla-accept".to_owned()).spawn(work).map_err(StartError::Thread)?,
        );
        Ok(Self { listeners, metrics_address, stop, threads, partitions, controller, metadata, failure })
    }

    /// Where the node listens.
    pub fn listeners(&self) -> &[BoundListener] {
        &self.listeners
    }

    /// Where the metrics are served over HTTP, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Waits until the node cannot go on, for ever if it can; answers why. It must be shut down then.
    pub async fn failed(&self) -> String {
        let mut failure = self.failure.clone();
        let cause = failure.wait_for(Option::is_some).await.ok().and_then(|cause| cause.clone());
        match cause {
            Some(cause) => cause,
            None => std::future::pending().await,
        }
    }

    /// Stops the node in order; blocks until all is on disk. Not to be called on a runtime's thread.
    pub fn shutdown(self) {
        match tokio::runtime::Builder::new_current_thread().build() {
            Ok(runtime) => {
                // A controller that has failed gives nothing up any more.
                let _ = runtime.block_on(self.controller.controlled_shutdown());
            }
            Err(error) => warn!(%error, "the broker goes without giving up its leaderships"),
        }
        self.stop.send_replace(true);
        for thread in self.threads {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
        self.partitions.close();
        self.metadata.stop();
    }
}

impl BoundListener {
    fn of(socket: &BoundSocket) -> Self {
        Self { name: socket.endpoint.listener.to_string(), address: socket.address }
    }
}

/// Lets the partitions follow the metadata.
struct PartitionsPublisher {
    partitions: Arc<Partitions>,
    dynamic_config: Arc<DynamicConfig>,
    /// What the partitions go by.
    config: Arc<ServerConfig>,
    is_first: bool,
}

impl PartitionsPublisher {
    fn new(partitions: &Arc<Partitions>, dynamic_config: &Arc<DynamicConfig>) -> Self {
        Self {
            partitions: Arc::clone(partitions),
            config: dynamic_config.current(),
            dynamic_config: Arc::clone(dynamic_config),
            is_first: true,
        }
    }
}

impl MetadataPublisher for PartitionsPublisher {
    fn apply(&mut self, delta: &MetadataDelta) {
        let config = self.dynamic_config.current();
        if !Arc::ptr_eq(&config, &self.config) {
            self.partitions.configure(Arc::clone(&config), &delta.image);
            self.config = config;
        }
        self.partitions.apply(delta);
        if std::mem::take(&mut self.is_first) {
            self.partitions.set_strays_aside();
        }
    }
}

/// Tells the controller of log directories that fail, and the node's owner when it cannot go on.
async fn watch_failures(
    controller: ControllerHandle,
    mut losses: DirectoryLosses,
    failed: watch::Sender<Option<String>>,
    mut stopped: watch::Receiver<bool>,
) {
    let watch = async {
        loop {
            tokio::select! {
                cause = controller.failed() => return cause.to_string(),
                changed = losses.changed() => if changed.is_err() {
                    return std::future::pending().await;
                },
            }
            let now = losses.borrow_and_update().clone();
            if now.none_left {
                return "all log directories have failed".to_owned();
            }
            // A controller that cannot be told has failed as well, which the next turn finds.
            let _ = controller.fail_directories(now.offline).await;
        }
    };
    tokio::select! {
        cause = watch => drop(failed.send_replace(Some(cause))),
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
}

fn open_storage(options: &NodeOptions, config: &ServerConfig) -> Result<Arc<NodeStorage>, OpenStorageError> {
    let now = Timestamp(options.clock.now_ms());
    NodeStorage::open(&*options.disk, config, now, &mut random_bytes).map(Arc::new)
}

fn open_metadata(
    options: &NodeOptions,
    config: &Arc<ServerConfig>,
    storage: &Arc<NodeStorage>,
    listeners: &[BoundListener],
) -> Result<Metadata, MetadataError> {
    let bound: Vec<_> = listeners.iter().map(|bound| (bound.name.clone(), bound.address)).collect();
    let told = &config.listeners;
    let metadata = Metadata::open(MetadataOptions {
        written: options.written.clone(),
        config: Arc::clone(config),
        storage: Arc::clone(storage),
        broker_endpoints: endpoints::completed(&told.advertised_broker, &bound),
        controller_endpoints: endpoints::completed(&told.advertised_controller, &bound),
        disk: Arc::clone(&options.disk),
        clock: Arc::clone(&options.clock),
        random: Arc::new(random_bytes),
    })?;
    Ok(metadata)
}

/// Opens the log directories.
fn open_partitions(
    options: &NodeOptions,
    storage: &NodeStorage,
    config: &Arc<ServerConfig>,
    image: &MetadataImage,
) -> Result<Opened, partitions::OpenError> {
    let directory = |path: &String| {
        let id = storage.directories.get(path).copied().unwrap_or(Uuid::ZERO);
        DirectoryToOpen { path: PathBuf::from(path), id }
    };
    Partitions::open(OpenPartitions {
        node_id: config.node_id,
        disk: Arc::clone(&options.disk),
        clock: Arc::clone(&options.clock),
        config: Arc::clone(config),
        directories: config.log_dirs.iter().map(directory).collect(),
        topics: log_configs(image, config),
        progress: &|progress| {
            info!(dir = %progress.log.dir.display(), loaded = progress.loaded, total = progress.total, "log loaded");
        },
    })
}

/// What a broker tells of its directories when it registers.
fn loaded_directories(opened: &Opened) -> LoadedDirectories {
    let online = opened.partitions.directories().iter().filter(|directory| directory.is_online());
    let cordoned = online.clone().filter(|directory| directory.is_cordoned());
    // Only a shutdown that closed all directories alike was a clean one.
    let epochs = opened.summaries.iter().map(|(_, summary)| match summary.shutdown {
        Shutdown::Clean { broker_epoch } => broker_epoch,
        Shutdown::Unclean => None,
    });
    let epochs: Vec<_> = epochs.collect();
    let previous_broker_epoch = match epochs.first() {
        Some(&Some(first)) if epochs.iter().all(|epoch| *epoch == Some(first)) => first,
        _ => -1,
    };
    LoadedDirectories {
        online: online.map(|directory| directory.id()).collect(),
        cordoned: cordoned.map(|directory| directory.id()).collect(),
        previous_broker_epoch,
    }
}

fn bind_all(config: &ServerConfig) -> Result<Vec<BoundSocket>, net::BindError> {
    let network = &config.keys.network;
    let brokers = config.listeners.broker_listeners().map(|endpoint| (endpoint, Listener::Broker));
    let controllers =
        config.listeners.controller_listeners().map(|endpoint| (endpoint, Listener::Controller));
    brokers.chain(controllers).map(|(endpoint, listener)| net::bind(endpoint, listener, network)).collect()
}

/// As many as `num.network.threads` says; left unsaid, one for each core.
fn io_thread_count(written: &Written, config: &ServerConfig) -> usize {
    if written.contains("num.network.threads") {
        return usize::try_from(config.keys.network.num_network_threads).unwrap_or(1);
    }
    thread::available_parallelism().map_or(1, usize::from)
}
