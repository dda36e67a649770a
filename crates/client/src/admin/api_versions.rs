//! What each node speaks.

use futures_util::future::join_all;

use super::Admin;
use crate::client::Target;
use crate::error::ClientError;
use crate::metadata::Broker;
use crate::net::NodeVersions;

/// A node with what it speaks.
#[derive(Debug, Clone)]
pub struct BrokerVersions {
    /// The node.
    pub broker: Broker,
    /// What it speaks, or why it could not be asked.
    pub versions: Result<NodeVersions, ClientError>,
}

impl Admin {
    /// What each node of the cluster speaks, by id.
    ///
    /// # Errors
    ///
    /// No node told of the cluster.
    pub async fn api_versions(&self) -> Result<Vec<BrokerVersions>, ClientError> {
        let deadline = self.deadline();
        let cluster = self.client.metadata().known(deadline).await?;
        let asked = cluster.brokers.values().map(|broker| async move {
            let connection = self.client.connection(&Target::Broker(broker.id), deadline).await;
            let versions = connection.map(|connection| connection.versions().clone());
            BrokerVersions { broker: broker.clone(), versions }
        });
        Ok(join_all(asked).await)
    }
}
