//! A running node: its parts, started in order and stopped in the reverse.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ottla_config::{ServerConfig, Written};
use ottla_io::{Clock, Disk};
use ottla_log::meta_properties::MetaProperties;
use ottla_wire::Uuid;
use ottla_wire::api::Listener;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::broker::Broker;
use crate::fetch_sessions::FetchSessions;
use crate::metrics::{EndpointError, MetricsEndpoint, RequestMetrics};
use crate::net::{self, BoundSocket, ConnectionLimits, ConnectionOptions, IoThreads};
use crate::partitions::{self, DirectoryToOpen, OpenPartitions, Opened, Partitions};

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
}

impl Node {
    /// Starts a node; when this returns, it serves clients.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start(options: NodeOptions) -> Result<Self, StartError> {
        let config = Arc::new(options.config);
        let sockets = bind_all(&config)?;
        let listeners = sockets.iter().map(BoundListener::of).collect();
        let opened = open_partitions(&config, &options.disk, &options.clock)?;
        let slots = config.keys.general.max_incremental_fetch_session_cache_slots;
        let broker = Arc::new(Broker {
            config: Arc::clone(&config),
            clock: options.clock,
            disk: options.disk,
            partitions: opened.partitions,
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
        let work = move || {
            acceptor.block_on(async {
                let mut tasks = tokio::task::JoinSet::new();
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
        Ok(Self { listeners, metrics_address, stop, threads, partitions })
    }

    /// Where the node listens.
    pub fn listeners(&self) -> &[BoundListener] {
        &self.listeners
    }

    /// Where the metrics are served over HTTP, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Stops the node in order; blocks until all is on disk.
    pub fn shutdown(self) {
        self.stop.send_replace(true);
        for thread in self.threads {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
        self.partitions.close();
    }
}

impl BoundListener {
    fn of(socket: &BoundSocket) -> Self {
        Self { name: socket.endpoint.listener.to_string(), address: socket.address }
    }
}

/// Opens the log directories.
fn open_partitions(
    config: &Arc<ServerConfig>,
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
) -> Result<Opened, partitions::OpenError> {
    let directory = |path: &String| {
        let path = PathBuf::from(path);
        let properties = MetaProperties::read(&**disk, &path).ok().flatten();
        DirectoryToOpen { id: properties.and_then(|found| found.directory_id).unwrap_or(Uuid::ZERO), path }
    };
    Partitions::open(OpenPartitions {
        node_id: config.node_id,
        disk: Arc::clone(disk),
        clock: Arc::clone(clock),
        config: Arc::clone(config),
        directories: config.log_dirs.iter().map(directory).collect(),
        topics: BTreeMap::new(),
        progress: &|progress| {
            info!(dir = %progress.log.dir.display(), loaded = progress.loaded, total = progress.total, "log loaded");
        },
    })
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
