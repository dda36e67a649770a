//! Asking about a cluster and changing it. One file an operation.

use crate::client::Client;
use crate::config::{ClientConfig, ConfigError};

/// A client that asks about a cluster and changes it.
///
/// Where an operation is about several things, each has a result of its own: one that fails does not keep the
/// others from being done.
#[derive(Debug, Clone)]
pub struct Admin {
    client: Client,
}

impl Admin {
    /// An admin client that connects when first used.
    pub fn new(config: ClientConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// An admin client from Kafka's configuration keys.
    ///
    /// # Errors
    ///
    /// A value is not one that its key can have.
    pub fn from_properties<K: AsRef<str>, V: AsRef<str>>(
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        Ok(Self::new(ClientConfig::admin(entries)?))
    }

    /// What it stands on, for requests of other APIs.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Closes all connections.
    pub fn close(&self) {
        self.client.close();
    }
}
