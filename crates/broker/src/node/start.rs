//! The steps of a start, in their order.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ottla_config::{ServerConfig, Written};
use ottla_log::clean_shutdown::Shutdown;
use ottla_record::Timestamp;
use ottla_wire::KafkaString;
use ottla_wire::api::Listener;
use tokio::sync::watch;
use tracing::{info, warn};

use super::publish::PartitionsPublisher;
use super::unsupported;
use super::watch::{Watched, watch_for_failures};
use super::{BoundListener, Node, NodeOptions, StartError};
use crate::broker::Broker;
use crate::coordinator::group::{GroupCoordinatorOptions, GroupCoordinators, GroupPublisher};
use crate::coordinator::transaction::{
    MarkerWriter, Membership, TransactionCoordinatorOptions, TransactionCoordinators, TransactionErrands,
    TransactionPublisher,
};
use crate::fetch_sessions::FetchSessions;
use crate::metadata::endpoints;
use crate::metadata::producer_ids::ProducerIds;
use crate::metadata::thread::{LoadedDirectories, Metadata, MetadataOptions};
use crate::metrics::{MetricsEndpoint, RequestMetrics};
use crate::net::{self, BindError, BoundSocket, ConnectionLimits, ConnectionOptions, IoThreads};
use crate::partitions::{DirectoryToOpen, OpenError, OpenPartitions, Opened, Partitions, log_configs};
use crate::storage::{NodeStorage, random_bytes};

pub(super) fn start(options: NodeOptions) -> Result<Node, StartError> {
    let config = Arc::new(options.config.clone());
    unsupported::check(&config)?;
    let now = Timestamp(options.clock.now_ms());
    let storage = Arc::new(NodeStorage::open(&*options.disk, &config, now, &mut random_bytes)?);
    for (dir, error) in &storage.failed {
        warn!(dir, %error, "log directory cannot be used");
    }
    let sockets = bind_all(&config)?;
    let metrics = config.keys.metrics.ottla_metrics_listener.as_deref();
    let metrics = metrics.map(MetricsEndpoint::bind).transpose()?;

    let mut metadata = open_metadata(&options, &config, &storage, &sockets)?;
    metadata.release_lock();
    let opened = open_partitions(&options, &storage, &metadata)?;
    let partitions = opened.partitions;
    let directories = loaded_directories(&partitions, &opened.summaries);
    let (cache, dynamic_config) = (metadata.cache(), metadata.config());
    let publisher = PartitionsPublisher::new(Arc::clone(&partitions), Arc::clone(&dynamic_config));
    let groups = GroupCoordinators::start(GroupCoordinatorOptions {
        config: Arc::clone(&config),
        partitions: Arc::clone(&partitions),
        clock: Arc::clone(&options.clock),
        random: Arc::new(random_bytes),
    })
    .map_err(StartError::Thread)?;
    let markers = Arc::new(MarkerWriter::new(
        Arc::clone(&partitions),
        Arc::clone(&groups),
        Arc::clone(&options.clock),
        Duration::from_millis(config.keys.general.request_timeout_ms.unsigned_abs().into()),
    ));
    let producer_ids = Arc::new(ProducerIds::default());
    let errands = Arc::new(TransactionErrands::new(
        config.node_id,
        Arc::clone(&cache),
        Arc::clone(&markers),
        Arc::clone(&producer_ids),
    ));
    let transactions = TransactionCoordinators::start(TransactionCoordinatorOptions {
        config: Arc::clone(&config),
        partitions: Arc::clone(&partitions),
        clock: Arc::clone(&options.clock),
        errands: Arc::clone(&errands),
    })
    .map_err(StartError::Thread)?;
    // Coordinators follow the partitions, whose logs they load.
    let group_publisher = GroupPublisher(Arc::clone(&groups));
    let transaction_publisher = TransactionPublisher(Arc::clone(&transactions));
    let (controller, metadata) = metadata.start(
        directories,
        vec![Box::new(publisher), Box::new(group_publisher), Box::new(transaction_publisher)],
    )?;
    errands.set_controller(controller.clone());
    partitions.set_broker_epoch(controller.broker_epoch());

    let slots = config.keys.general.max_incremental_fetch_session_cache_slots;
    let broker = Arc::new(Broker {
        cluster_id: KafkaString::from(storage.cluster_id.as_str()),
        config: Arc::clone(&config),
        dynamic_config,
        clock: options.clock,
        metadata: cache,
        controller: controller.clone(),
        producer_ids,
        partitions: Arc::clone(&partitions),
        groups: Arc::clone(&groups),
        membership: Arc::clone(&transactions) as Arc<dyn Membership>,
        transactions: Arc::clone(&transactions),
        markers,
        fetch_sessions: FetchSessions::new(usize::try_from(slots).unwrap_or(0)),
        requests: RequestMetrics::new(),
    });
    let listeners = sockets.iter().map(BoundListener::of).collect();
    let metrics_address = metrics.as_ref().and_then(|endpoint| endpoint.address().ok());
    let (stop, stopped) = watch::channel(false);
    let serving = Serving { sockets, metrics, losses: opened.losses, stopped };
    let (threads, failure) = serving.start(&options.written, &broker).map_err(StartError::Thread)?;
    Ok(Node {
        listeners,
        metrics_address,
        stop,
        failure,
        threads,
        partitions,
        groups,
        transactions,
        controller,
        metadata,
    })
}

fn bind_all(config: &ServerConfig) -> Result<Vec<BoundSocket>, BindError> {
    let network = &config.keys.network;
    let brokers = config.listeners.broker_listeners().map(|endpoint| (endpoint, Listener::Broker));
    let controllers =
        config.listeners.controller_listeners().map(|endpoint| (endpoint, Listener::Controller));
    brokers.chain(controllers).map(|(endpoint, listener)| net::bind(endpoint, listener, network)).collect()
}

fn open_metadata(
    options: &NodeOptions,
    config: &Arc<ServerConfig>,
    storage: &Arc<NodeStorage>,
    sockets: &[BoundSocket],
) -> Result<Metadata, StartError> {
    let bound: Vec<(String, SocketAddr)> =
        sockets.iter().map(|socket| (socket.endpoint.listener.to_string(), socket.address)).collect();
    Ok(Metadata::open(MetadataOptions {
        written: options.written.clone(),
        config: Arc::clone(config),
        storage: Arc::clone(storage),
        broker_endpoints: endpoints::completed(&config.listeners.advertised_broker, &bound),
        controller_endpoints: endpoints::completed(&config.listeners.advertised_controller, &bound),
        disk: Arc::clone(&options.disk),
        clock: Arc::clone(&options.clock),
        random: Arc::new(random_bytes),
    })?)
}

/// Opens the log directories, and recovers what a crash left.
fn open_partitions(
    options: &NodeOptions,
    storage: &NodeStorage,
    metadata: &Metadata,
) -> Result<Opened, OpenError> {
    let config = metadata.config().current();
    let usable = |path: &String| {
        let id = *storage.directories.get(path)?;
        Some(DirectoryToOpen { path: PathBuf::from(path), id })
    };
    Partitions::open(OpenPartitions {
        node_id: config.node_id,
        disk: Arc::clone(&options.disk),
        clock: Arc::clone(&options.clock),
        directories: config.log_dirs.iter().filter_map(usable).collect(),
        topics: log_configs(&metadata.image(), &config),
        config,
        progress: &|progress| {
            info!(dir = %progress.log.dir.display(), loaded = progress.loaded, total = progress.total, "log loaded");
        },
    })
}

/// What the controller is told of the directories. The epoch of the broker before is known only if all were left in good
/// order by the same start.
fn loaded_directories(
    partitions: &Partitions,
    summaries: &[(PathBuf, ottla_log::manager::ManagerSummary)],
) -> LoadedDirectories {
    let online = partitions.directories().iter().filter(|directory| directory.is_online());
    let cordoned = partitions.directories().iter().filter(|directory| directory.is_cordoned());
    let epochs: Vec<Option<i64>> = summaries
        .iter()
        .map(|(_, summary)| match summary.shutdown {
            Shutdown::Unclean => None,
            Shutdown::Clean { broker_epoch } => broker_epoch,
        })
        .collect();
    let agreed =
        epochs.first().copied().flatten().filter(|epoch| epochs.iter().all(|other| *other == Some(*epoch)));
    LoadedDirectories {
        online: online.map(|directory| directory.id()).collect(),
        cordoned: cordoned.map(|directory| directory.id()).collect(),
        previous_broker_epoch: agreed.unwrap_or(-1),
    }
}

/// Tells why the node cannot go on.
type Failure = watch::Receiver<Option<Arc<str>>>;

/// What is served once everything else stands.
struct Serving {
    sockets: Vec<BoundSocket>,
    metrics: Option<MetricsEndpoint>,
    losses: crate::partitions::DirectoryLosses,
    stopped: watch::Receiver<bool>,
}

impl Serving {
    /// Starts the IO threads and the one that accepts connections; answers also where a failure of the node is told.
    fn start(self, written: &Written, broker: &Arc<Broker>) -> io::Result<(Vec<JoinHandle<()>>, Failure)> {
        let Self { sockets, metrics, losses, stopped } = self;
        let network = &broker.config.keys.network;
        let options = ConnectionOptions {
            request_bytes_max: network.socket_request_max_bytes,
            idle_max: u64::try_from(network.connections_max_idle_ms).ok().map(Duration::from_millis),
        };
        let count = io_thread_count(written, &broker.config);
        let (io_threads, mut threads) = IoThreads::start(count, broker, options, &stopped)?;
        let limits = ConnectionLimits::new(
            usize::try_from(network.max_connections).unwrap_or(0),
            usize::try_from(network.max_connections_per_ip).unwrap_or(0),
        );
        let send_buffer_bytes =
            usize::try_from(network.socket_send_buffer_bytes).ok().filter(|bytes| *bytes > 0);
        let (failed, failure) = watch::channel(None);
        let watched = Watched { controller: broker.controller.clone(), losses, failed };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let broker = Arc::clone(broker);
        let work = move || {
            runtime.block_on(async {
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
                tasks.spawn(watch_for_failures(watched, stopped.clone()));
                while tasks.join_next().await.is_some() {}
            });
        };
        threads.push(thread::Builder::new().name("ottla-accept".to_owned()).spawn(work)?);
        Ok((threads, failure))
    }
}

/// As many as `num.network.threads` says; left unsaid, one for each core.
fn io_thread_count(written: &Written, config: &ServerConfig) -> usize {
    if written.contains("num.network.threads") {
        return usize::try_from(config.keys.network.num_network_threads).unwrap_or(1);
    }
    thread::available_parallelism().map_or(1, usize::from)
}
