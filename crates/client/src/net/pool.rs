//! The connections of a client, one to a node and purpose.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::connection::{Connection, ConnectionSettings};
use super::error::ConnectionError;
use super::negotiate::negotiate;
use super::transport::Connector;
use crate::config::{Address, ClientConfig};

/// What a connection is for. Nodes answer the requests of one connection in turn, so one that takes long would
/// hold up all behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Metadata, administration, producing, fetching.
    General,
    /// A group's coordinator: its answers may wait for other members.
    Coordinator,
}

/// Whom a connection leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Peer {
    /// A node known only by its address.
    Bootstrap(Address),
    /// A node of the cluster.
    Node(i32),
}

pub(crate) struct Pool {
    config: Arc<ClientConfig>,
    connector: Box<dyn Connector>,
    slots: Mutex<HashMap<(Peer, Purpose), Arc<Slot>>>,
}

/// Place of a connection.
#[derive(Debug, Default)]
struct Slot {
    current: Mutex<Option<(Address, Connection)>>,
    /// Held by whoever connects.
    attempts: tokio::sync::Mutex<Attempts>,
}

#[derive(Debug, Default)]
struct Attempts {
    failures: u32,
    not_before: Option<Instant>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("slots", &self.slots).finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(config: Arc<ClientConfig>, connector: Box<dyn Connector>) -> Self {
        Self { config, connector, slots: Mutex::new(HashMap::new()) }
    }

    /// An open connection: the present one, or a new one once the wait after former failures is over.
    pub(crate) async fn connection(
        &self,
        peer: Peer,
        purpose: Purpose,
        address: &Address,
    ) -> Result<Connection, ConnectionError> {
        let slot = Arc::clone(self.slots.lock().entry((peer, purpose)).or_default());
        if let Some(connection) = slot.open_to(address) {
            return Ok(connection);
        }
        let mut attempts = slot.attempts.lock().await;
        if let Some(connection) = slot.open_to(address) {
            return Ok(connection);
        }
        self.note_end(&slot, &mut attempts);
        if let Some(due) = attempts.not_before {
            sleep_until(due).await;
        }
        match self.connect(address, attempts.failures).await {
            Ok(connection) => {
                *attempts = Attempts::default();
                *slot.current.lock() = Some((address.clone(), connection.clone()));
                Ok(connection)
            }
            Err(error) => {
                tracing::debug!(%address, %error, "could not connect");
                self.note_failure(&mut attempts, Instant::now());
                Err(error)
            }
        }
    }

    /// A connection that ended by itself counts as a failure at the time of its end.
    fn note_end(&self, slot: &Slot, attempts: &mut Attempts) {
        let Some((_, connection)) = slot.current.lock().take() else { return };
        match connection.end() {
            None => connection.close(),
            Some((ConnectionError::Idle | ConnectionError::ClosedByClient, _)) => {}
            Some((error, at)) => {
                tracing::debug!(%error, "connection ended");
                self.note_failure(attempts, at);
            }
        }
    }

    fn note_failure(&self, attempts: &mut Attempts, at: Instant) {
        attempts.failures = attempts.failures.saturating_add(1);
        let backoff = Backoff::new(self.config.reconnect_backoff, self.config.reconnect_backoff_max);
        attempts.not_before = Some(at + backoff.after(attempts.failures));
    }

    async fn connect(&self, address: &Address, failures: u32) -> Result<Connection, ConnectionError> {
        let config = &*self.config;
        let setup = Backoff::new(config.connection_setup_timeout, config.connection_setup_timeout_max);
        let limit = setup.after(failures.saturating_add(1));
        let stream =
            super::connection::within(limit, address, self.connector.connect(address, config)).await?;
        let settings = ConnectionSettings {
            client_id: config.client_id.as_str().into(),
            in_flight_max: config.in_flight_max,
            response_bytes_max: config.response_bytes_max,
            idle: config.connections_max_idle,
        };
        let connection = Connection::start(stream, settings);
        negotiate(&connection, config.request_timeout).await?;
        Ok(connection)
    }

    /// The present connection, if it is open.
    pub(crate) fn open(&self, peer: &Peer, purpose: Purpose) -> Option<Connection> {
        let slot = self.slots.lock().get(&(peer.clone(), purpose)).cloned()?;
        let current = slot.current.lock();
        current.as_ref().map(|(_, connection)| connection).filter(|connection| connection.is_open()).cloned()
    }

    /// Forgets the connections to others than these.
    pub(crate) fn retain(&self, mut keep: impl FnMut(&Peer) -> bool) {
        self.slots.lock().retain(|(peer, _), _| keep(peer));
    }

    /// Closes all connections.
    pub(crate) fn close(&self) {
        for (_, slot) in self.slots.lock().drain() {
            if let Some((_, connection)) = slot.current.lock().take() {
                connection.close();
            }
        }
    }
}

impl Slot {
    fn open_to(&self, address: &Address) -> Option<Connection> {
        let current = self.current.lock();
        let fits = |entry: &&(Address, Connection)| entry.0 == *address && entry.1.is_open();
        current.as_ref().filter(fits).map(|(_, connection)| connection.clone())
    }
}
