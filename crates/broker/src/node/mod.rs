//! A running node: its parts, started in order and stopped in the reverse.

mod error;
mod publish;
mod start;
mod unsupported;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use ottla_config::{ServerConfig, Written};
use ottla_io::{Clock, Disk};
use tokio::sync::watch::{Receiver, Sender};
use tracing::warn;

pub use error::{MetadataError, StartError};
pub use unsupported::UnsupportedError;

use crate::coordinator::group::GroupCoordinators;
use crate::coordinator::transaction::TransactionCoordinators;
use crate::metadata::thread::{ControllerHandle, MetadataJoin};
use crate::net::BoundSocket;
use crate::partitions::Partitions;

/// The longest a node waits for its controller to take its leaderships away: Kafka's own limit.
const CONTROLLED_SHUTDOWN_MAX: Duration = Duration::from_secs(5 * 60);

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

/// Where a listener of a running node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundListener {
    /// Its name.
    pub name: String,
    /// Its address, with the port that was chosen where none was asked for.
    pub address: SocketAddr,
}

/// A running node. Dropping it leaves everything as a crash would; [`shutdown`](Self::shutdown) stops it in order.
pub struct Node {
    listeners: Vec<BoundListener>,
    metrics_address: Option<SocketAddr>,
    stop: Sender<bool>,
    failure: Receiver<Option<Arc<str>>>,
    threads: Vec<JoinHandle<()>>,
    partitions: Arc<Partitions>,
    groups: Arc<GroupCoordinators>,
    transactions: Arc<TransactionCoordinators>,
    controller: ControllerHandle,
    metadata: MetadataJoin,
}

impl Node {
    /// Starts a node; when this returns, it serves clients.
    ///
    /// Blocks until all logs are loaded and, after a crash, recovered. Not to be called within an async runtime.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start(options: NodeOptions) -> Result<Self, StartError> {
        start::start(options)
    }

    /// Where the node listens.
    pub fn listeners(&self) -> &[BoundListener] {
        &self.listeners
    }

    /// Where the metrics are served over HTTP, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Waits for a failure that the node cannot outlive, such as that of its metadata log or of its last log directory; for
    /// ever if there is none. Whoever runs the node must end it then.
    pub async fn failed(&self) -> Arc<str> {
        let mut failure = self.failure.clone();
        let cause = failure.wait_for(Option::is_some).await.ok().and_then(|cause| cause.clone());
        match cause {
            Some(cause) => cause,
            None => std::future::pending().await,
        }
    }

    /// Stops the node in order: it gives up its leaderships, lets its clients go and closes its logs. Blocks until all is on
    /// disk. Not to be called within an async runtime.
    pub fn shutdown(self) {
        self.give_up_leaderships();
        // Whoever waits for a coordinator is told to look elsewhere while there are connections.
        self.transactions.close();
        self.groups.close();
        self.stop.send_replace(true);
        for thread in self.threads {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
        self.partitions.close();
        self.metadata.stop();
    }

    fn give_up_leaderships(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let given_up = runtime.map(|runtime| {
            runtime.block_on(async {
                tokio::time::timeout(CONTROLLED_SHUTDOWN_MAX, self.controller.controlled_shutdown()).await
            })
        });
        if !matches!(given_up, Ok(Ok(Ok(())))) {
            warn!("stopping without the controller's consent");
        }
    }
}

impl BoundListener {
    fn of(socket: &BoundSocket) -> Self {
        Self { name: socket.endpoint.listener.to_string(), address: socket.address }
    }
}
