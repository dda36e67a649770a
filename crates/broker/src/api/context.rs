//! Who asks, and how.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use ottla_config::Endpoint;
use ottla_wire::KafkaString;
use ottla_wire::api::{ApiKey, Listener};

use super::RequestError;

/// The connection a request came by.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The listener it was accepted on.
    pub(crate) endpoint: Arc<Endpoint>,
    /// Whether that is a listener for clients and brokers, or one of controllers.
    pub(crate) listener: Listener,
    /// The other end.
    pub(crate) client_address: SocketAddr,
    /// What the client said it is (KIP-511).
    pub(crate) software: OnceLock<ClientSoftware>,
}

/// What a client said it is (KIP-511).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientSoftware {
    /// Name of the client library.
    pub(crate) name: KafkaString,
    /// Version of the client library.
    pub(crate) version: KafkaString,
}

/// A request's header, and the connection it came by.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    /// The API.
    pub(crate) api_key: ApiKey,
    /// The version of request and response.
    pub(crate) api_version: i16,
    /// What the response repeats.
    pub(crate) correlation_id: i32,
    /// Free name of the client.
    pub(crate) client_id: Option<KafkaString>,
    /// The connection it came by.
    pub(crate) connection: Arc<Connection>,
}

impl RequestContext {
    /// The address of the client as Kafka writes it in groups' member data: with a slash before it.
    pub(crate) fn client_host(&self) -> String {
        format!("/{}", self.connection.client_address.ip())
    }

    /// What the coordinator of a group wants to know of a request that no member is made of.
    pub(crate) fn of_group(&self) -> ottla_group::RequestContext<'_> {
        let client_id = self.client_id.as_deref().unwrap_or_default();
        ottla_group::RequestContext { api_version: self.api_version, client_id, client_host: "" }
    }

    /// That the listener does not serve this API, or not at this version.
    pub(crate) fn not_served(&self) -> RequestError {
        RequestError::NotServed {
            api: self.api_key,
            version: self.api_version,
            listener: self.connection.endpoint.listener.to_string(),
        }
    }
}
