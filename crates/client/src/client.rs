//! The part that all clients have in common: a cluster to talk to.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ottla_wire::api::{ApiKey, Request};
use ottla_wire::{ErrorCode, KafkaString, Versions};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::config::ClientConfig;
use crate::coordinator::{CoordinatorKind, find};
use crate::error::{CallError, ClientError};
use crate::metadata::{Broker, Cluster, Metadata, MetadataOptions};
use crate::net::{Backoff, Connection, Connector, Peer, Pool, Purpose, Tcp};

/// A client of a cluster: connections, metadata, and requests of any kind to the node that is right for them.
///
/// Cheap to clone; all clones share connections and metadata. Must be made within a tokio runtime.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Arc<ClientConfig>,
    pool: Arc<Pool>,
    metadata: Metadata,
    coordinators: Mutex<HashMap<(CoordinatorKind, KafkaString), i32>>,
}

/// Coordinators remembered at most; beyond, all are looked up anew.
const COORDINATORS_MAX: usize = 10_000;

/// Whom a request is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// Any node, preferably one that is connected and not busy.
    Any,
    /// The node that takes requests to the controller.
    Controller,
    /// This node.
    Broker(i32),
    /// The coordinator of a group or transactional id.
    Coordinator {
        /// The kind of coordinator.
        kind: CoordinatorKind,
        /// The group or transactional id.
        key: KafkaString,
    },
}

impl Target {
    /// The coordinator of a group.
    pub fn group(group_id: impl Into<KafkaString>) -> Self {
        Self::Coordinator { kind: CoordinatorKind::Group, key: group_id.into() }
    }

    /// The coordinator of a transactional id.
    pub fn transaction(transactional_id: impl Into<KafkaString>) -> Self {
        Self::Coordinator { kind: CoordinatorKind::Transaction, key: transactional_id.into() }
    }
}

/// How a request is made.
#[derive(Debug, Clone, Copy)]
pub struct CallOptions {
    /// The versions that the caller can use.
    pub versions: Versions,
    /// When the operation ends, retries included; `None` for `default.api.timeout.ms` from now.
    pub deadline: Option<Instant>,
    /// How long one attempt may take; `None` for `request.timeout.ms`.
    pub request_timeout: Option<Duration>,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self { versions: Versions::ALL, deadline: None, request_timeout: None }
    }
}

impl Client {
    /// A client for nobody's topics in particular. Connects when first used.
    pub fn new(config: ClientConfig) -> Self {
        Self::start(config, MetadataOptions::default())
    }

    pub(crate) fn start(config: ClientConfig, options: MetadataOptions) -> Self {
        Self::with_connector(config, options, Box::new(Tcp))
    }

    pub(crate) fn with_connector(
        config: ClientConfig,
        options: MetadataOptions,
        connector: Box<dyn Connector>,
    ) -> Self {
        let config = Arc::new(config);
        let pool = Arc::new(Pool::new(Arc::clone(&config), connector));
        let metadata = Metadata::start(&config, &pool, options);
        let inner = Inner { config, pool, metadata, coordinators: Mutex::new(HashMap::new()) };
        Self { inner: Arc::new(inner) }
    }

    /// What the client was told.
    pub fn config(&self) -> &ClientConfig {
        &self.inner.config
    }

    /// The cluster as the client sees it.
    pub fn metadata(&self) -> &Metadata {
        &self.inner.metadata
    }

    /// Closes all connections.
    pub fn close(&self) {
        self.inner.pool.close();
    }

    /// The end of an operation that begins now.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.inner.config.default_api_timeout
    }

    /// Sends a request to whom it is for and waits for the answer; tries again as long as no answer comes.
    ///
    /// Errors within the answer are the caller's business; [`call`](Self::call) looks at them.
    ///
    /// # Errors
    ///
    /// No node could be asked until `default.api.timeout.ms` was over, or the nodes lack the API.
    pub async fn request<R: Request>(&self, target: &Target, body: R) -> Result<R::Response, ClientError> {
        self.call(target, CallOptions::default(), |_| body.clone(), |_| ErrorCode::None).await
    }

    /// Sends a request that is made for the version that is spoken, waits for the answer, and tries again while
    /// it is, by `check`, an error that may pass. The last answer is returned as it is when the time is up.
    ///
    /// What an error says about the client's view of the cluster is heeded: metadata is asked for anew, or the
    /// coordinator looked up again.
    ///
    /// # Errors
    ///
    /// As for [`request`](Self::request).
    pub async fn call<R: Request>(
        &self,
        target: &Target,
        options: CallOptions,
        mut body: impl FnMut(i16) -> R,
        check: impl Fn(&R::Response) -> ErrorCode,
    ) -> Result<R::Response, ClientError> {
        let start = Instant::now();
        let deadline = options.deadline.unwrap_or_else(|| self.deadline());
        let mut retry = Retry::new(self, deadline);
        loop {
            let attempt = self.attempt(target, &options, deadline, &mut body);
            let failure = match timeout_at(deadline, attempt).await {
                Err(_) => None,
                Ok(Ok(response)) => {
                    let code = check(&response);
                    if !code.is_retriable() {
                        return Ok(response);
                    }
                    self.heed(target, code);
                    if !retry.wait().await {
                        return Ok(response);
                    }
                    continue;
                }
                Ok(Err(error)) => Some(error),
            };
            match failure {
                Some(error) if !error.is_retriable() => return Err(error),
                Some(error @ ClientError::TimedOut { .. }) => return Err(error),
                Some(error) => {
                    self.heed(target, error.code());
                    retry.last = Some(error);
                }
                None => {}
            }
            if !retry.wait().await {
                let last = retry.last.take().map(Box::new);
                return Err(ClientError::TimedOut { api: Some(R::KEY), after: deadline - start, last });
            }
        }
    }

    async fn attempt<R: Request>(
        &self,
        target: &Target,
        options: &CallOptions,
        deadline: Instant,
        body: &mut impl FnMut(i16) -> R,
    ) -> Result<R::Response, ClientError> {
        let connection = self.connection(target, deadline).await?;
        let version = connection.versions().choose(R::KEY, options.versions)?;
        let limit = options.request_timeout.unwrap_or(self.inner.config.request_timeout);
        let limit = limit.min(deadline.saturating_duration_since(Instant::now()));
        let pending = connection.send(&body(version), version, limit).await?;
        Ok(pending.answer().await?)
    }

    /// Forgets what an error proves wrong.
    fn heed(&self, target: &Target, code: ErrorCode) {
        match (target, code) {
            (
                Target::Coordinator { kind, key },
                ErrorCode::NotCoordinator
                | ErrorCode::CoordinatorNotAvailable
                | ErrorCode::NetworkException
                | ErrorCode::RequestTimedOut,
            ) => self.forget_coordinator(*kind, key),
            (_, ErrorCode::NotController | ErrorCode::NetworkException) => {
                self.inner.metadata.request_update();
            }
            _ => {}
        }
    }

    /// A connection to whom a request would go.
    ///
    /// # Errors
    ///
    /// The node is not known or cannot be reached.
    pub async fn connection(&self, target: &Target, deadline: Instant) -> Result<Connection, ClientError> {
        match target {
            Target::Any => self.any_connection(deadline).await,
            Target::Controller => {
                let cluster = self.inner.metadata.known(deadline).await?;
                match cluster.controller {
                    Some(id) => self.connect(&cluster, id, Purpose::General).await,
                    None => {
                        self.inner.metadata.request_update();
                        Err(ErrorCode::NotController.into())
                    }
                }
            }
            Target::Broker(id) => self.broker_connection(*id, Purpose::General, deadline).await,
            Target::Coordinator { kind, key } => {
                let id = find(self, *kind, key, deadline).await?;
                self.broker_connection(id, Purpose::Coordinator, deadline).await
            }
        }
    }

    /// A connection to a node of the cluster, for one purpose.
    ///
    /// # Errors
    ///
    /// The node is not known or cannot be reached.
    pub async fn broker_connection(
        &self,
        id: i32,
        purpose: Purpose,
        deadline: Instant,
    ) -> Result<Connection, ClientError> {
        let cluster = self.inner.metadata.known(deadline).await?;
        self.connect(&cluster, id, purpose).await
    }

    /// The open connection to a node, if there is one: never waits.
    pub fn open_connection(&self, id: i32, purpose: Purpose) -> Option<Connection> {
        self.inner.pool.open(&Peer::Node(id), purpose)
    }

    async fn connect(&self, cluster: &Cluster, id: i32, purpose: Purpose) -> Result<Connection, ClientError> {
        let Some(broker) = cluster.brokers.get(&id) else {
            self.inner.metadata.request_update();
            return Err(ClientError::UnknownNode(id));
        };
        let connection = self.inner.pool.connection(Peer::Node(id), purpose, &broker.address).await;
        Ok(connection.inspect_err(|_| self.inner.metadata.request_update())?)
    }

    /// The least busy of the open connections, or else one to the first node that can be reached.
    async fn any_connection(&self, deadline: Instant) -> Result<Connection, ClientError> {
        let cluster = self.inner.metadata.known(deadline).await?;
        let open = cluster.brokers.keys().filter_map(|id| self.open_connection(*id, Purpose::General));
        if let Some(connection) = open.min_by_key(Connection::in_flight) {
            return Ok(connection);
        }
        let mut last = ClientError::NoNode;
        for Broker { id, .. } in cluster.brokers.values() {
            match self.connect(&cluster, *id, Purpose::General).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = error,
            }
        }
        self.inner.metadata.request_update();
        Err(last)
    }

    pub(crate) fn known_coordinator(&self, kind: CoordinatorKind, key: &str) -> Option<i32> {
        self.inner.coordinators.lock().get(&(kind, KafkaString::from(key))).copied()
    }

    pub(crate) fn remember_coordinator(&self, kind: CoordinatorKind, key: &KafkaString, id: i32) {
        let mut coordinators = self.inner.coordinators.lock();
        if coordinators.len() >= COORDINATORS_MAX {
            coordinators.clear();
        }
        coordinators.insert((kind, key.detach()), id);
    }

    /// Looks the coordinator up anew when it is needed next.
    pub fn forget_coordinator(&self, kind: CoordinatorKind, key: &KafkaString) {
        self.inner.coordinators.lock().remove(&(kind, key.clone()));
    }
}

/// The retries of one operation.
struct Retry {
    backoff: Backoff,
    failures: u32,
    failures_max: u32,
    deadline: Instant,
    last: Option<ClientError>,
}

impl Retry {
    fn new(client: &Client, deadline: Instant) -> Self {
        let config = client.config();
        Self {
            backoff: Backoff::new(config.retry_backoff, config.retry_backoff_max),
            failures: 0,
            failures_max: config.retries,
            deadline,
            last: None,
        }
    }

    /// Waits before the next attempt; whether there may be one.
    async fn wait(&mut self) -> bool {
        self.failures = self.failures.saturating_add(1);
        let due = Instant::now() + self.backoff.after(self.failures);
        if self.failures > self.failures_max || due >= self.deadline {
            return false;
        }
        sleep_until(due).await;
        true
    }
}

/// Whether the node lacks the API, or what the caller needs of it.
pub(crate) fn is_unsupported(error: &ClientError) -> bool {
    matches!(error, ClientError::Call(CallError::UnsupportedVersion(_)) | ClientError::Unsupported(_))
}

/// Says what a node lacks.
pub(crate) fn unsupported(api: ApiKey, what: &str) -> ClientError {
    ClientError::Unsupported(format!("the node's versions of {api} cannot {what}"))
}
