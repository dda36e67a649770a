//! The task that keeps the view of the cluster fresh.

use std::sync::Arc;

use ottla_wire::api::describe_cluster::DescribeClusterRequest;
use ottla_wire::api::metadata::MetadataRequest;
use ottla_wire::{ErrorCode, Versions};
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::cluster::Cluster;
use crate::config::{Bootstrap, ClientConfig};
use crate::error::{ApiError, ClientError};
use crate::net::{Backoff, Connection, Peer, Pool, Purpose, random};

/// `endpoint_type` of controllers in DescribeCluster.
const CONTROLLERS: i8 = 2;

pub(super) struct Updater {
    pub(super) shared: Arc<Shared>,
    pub(super) pool: Arc<Pool>,
    pub(super) config: Arc<ClientConfig>,
    pub(super) allow_auto_create: bool,
}

impl Updater {
    /// Asks whenever somebody wants to know more, and when what is known is old.
    pub(super) async fn run(self) {
        let backoff = Backoff::new(self.config.retry_backoff, self.config.retry_backoff_max);
        let mut failures = 0;
        let mut failing_since = None;
        let mut last_attempt: Option<Instant> = None;
        loop {
            self.wait(last_attempt).await;
            if let Some(last) = last_attempt {
                sleep_until(last + backoff.after(failures.max(1))).await;
            }
            last_attempt = Some(Instant::now());
            let goal = self.shared.goal();
            match self.ask(failing_since).await {
                Ok(cluster) => {
                    (failures, failing_since) = (0, None);
                    self.pool.retain(|peer| match peer {
                        Peer::Node(id) => cluster.brokers.contains_key(id),
                        Peer::Bootstrap(_) => false,
                    });
                    self.shared.succeed(goal, cluster);
                }
                Err(error) => {
                    tracing::debug!(%error, "could not learn about the cluster");
                    failures += 1;
                    failing_since = failing_since.or(last_attempt);
                    self.shared.fail(error);
                }
            }
        }
    }

    /// Waits until somebody asks, or what is wanted is old. A call of a question that is answered already is not
    /// heeded.
    async fn wait(&self, last_attempt: Option<Instant>) {
        while !self.shared.is_asked() {
            let asked = self.shared.asked.notified();
            match last_attempt.filter(|_| !self.shared.wanted.lock().is_nothing()) {
                None => asked.await,
                Some(last) => tokio::select! {
                    () = asked => {}
                    () = sleep_until(last + self.config.metadata_max_age) => return,
                },
            }
        }
    }

    /// One round: every node that is known until one answers, then the bootstrap nodes, if that is allowed.
    async fn ask(&self, failing_since: Option<Instant>) -> Result<Cluster, ClientError> {
        let cluster = self.shared.cluster();
        let overdue = failing_since.is_some_and(|since| since.elapsed() >= self.config.rebootstrap_trigger);
        let mut last = None;
        if !(overdue && self.config.rebootstrap) {
            for peer in self.candidates(&cluster) {
                match self.ask_node(&cluster, peer).await {
                    Ok(next) => return Ok(next),
                    Err(ClientError::Api(ApiError { code: ErrorCode::RebootstrapRequired, .. })) => break,
                    Err(error) => last = Some(error),
                }
            }
        }
        if cluster.brokers.is_empty() || self.config.rebootstrap {
            for address in shuffled(self.config.bootstrap.addresses().to_vec()) {
                let connection =
                    self.pool.connection(Peer::Bootstrap(address.clone()), Purpose::General, &address);
                let asked = match connection.await {
                    Ok(connection) => self.ask_on(&cluster, &connection).await,
                    Err(error) => Err(error.into()),
                };
                match asked {
                    Ok(next) => return Ok(next),
                    Err(error) => last = Some(error),
                }
            }
        }
        Err(last.unwrap_or(ClientError::NoNode))
    }

    /// The nodes in the order in which to ask them: those connected first, the least busy before the others.
    fn candidates(&self, cluster: &Cluster) -> Vec<i32> {
        let mut ids: Vec<i32> = shuffled(cluster.brokers.keys().copied().collect());
        ids.sort_by_cached_key(|id| {
            let open = self.pool.open(&Peer::Node(*id), Purpose::General);
            open.map_or(usize::MAX, |connection| connection.in_flight())
        });
        ids
    }

    async fn ask_node(&self, cluster: &Cluster, id: i32) -> Result<Cluster, ClientError> {
        let Some(broker) = cluster.brokers.get(&id) else { return Err(ClientError::UnknownNode(id)) };
        let connection = self.pool.connection(Peer::Node(id), Purpose::General, &broker.address).await?;
        self.ask_on(cluster, &connection).await
    }

    async fn ask_on(&self, cluster: &Cluster, connection: &Connection) -> Result<Cluster, ClientError> {
        let limit = self.config.request_timeout;
        if matches!(self.config.bootstrap, Bootstrap::Controllers(_)) {
            let request =
                DescribeClusterRequest { endpoint_type: CONTROLLERS, ..DescribeClusterRequest::default() };
            let response = connection.call(&request, Versions::new(1, i16::MAX), limit).await?;
            ApiError::check(response.error_code, response.error_message.as_ref())?;
            return Ok(cluster.of_controllers(&response));
        }
        let request = MetadataRequest {
            topics: self.shared.wanted.lock().request(Instant::now()),
            allow_auto_topic_creation: self.allow_auto_create,
            ..MetadataRequest::default()
        };
        // Version 0 cannot ask for no topic, and version 4 is the first that may forbid to create one.
        let response = connection.call(&request, Versions::new(1, i16::MAX), limit).await?;
        ApiError::check(response.error_code, None)?;
        Ok(cluster.merged(&response))
    }
}

fn shuffled<T>(mut items: Vec<T>) -> Vec<T> {
    let mut random = random();
    for last in (1..items.len()).rev() {
        items.swap(last, (random % (last as u64 + 1)) as usize);
        random = random.rotate_right(7).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    items
}
