//! What the table says of an API.

use super::ApiKey;
use crate::Versions;
use crate::schema::Schema;

/// A kind of listener that serves an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listener {
    /// The listeners of brokers.
    Broker,
    /// The listeners of controllers.
    Controller,
}

/// Something that sets an API apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Property {
    /// A broker forwards it to the active controller in an envelope (KIP-590).
    Forwardable,
    /// Only nodes of the cluster send it.
    ClusterAction,
    /// The highest version is unfinished, and offered only where `unstable.api.versions.enable` is set.
    LatestVersionUnstable,
}

/// What the table says of an API.
#[derive(Debug)]
pub struct Api {
    /// The key.
    pub key: ApiKey,
    /// The schema of requests.
    pub request: &'static Schema,
    /// The schema of responses.
    pub response: &'static Schema,
    /// The listeners that serve it.
    pub listeners: &'static [Listener],
    /// What sets it apart.
    pub properties: &'static [Property],
}

impl Api {
    /// The versions that this release can read and write.
    pub fn versions(&self) -> Versions {
        self.request.valid
    }

    /// The versions that a node serves: an unfinished highest one only where `unstable.api.versions.enable` is set.
    pub fn served_versions(&self, unstable_versions: bool) -> Versions {
        let Versions { first, last } = self.versions();
        let is_held_back = self.is(Property::LatestVersionUnstable) && !unstable_versions;
        Versions { first, last: last - i16::from(is_held_back) }
    }

    /// The versions that a node's answer to `ApiVersions` names on this kind of listener.
    ///
    /// Brokers name versions of Produce from 0 on although they serve it from 3 on: librdkafka takes a broker
    /// that does not for one that knows no batches (KAFKA-18659).
    pub fn advertised_versions(&self, listener: Listener, unstable_versions: bool) -> Versions {
        let Versions { first, last } = self.served_versions(unstable_versions);
        let first = if (self.key, listener) == (ApiKey::Produce, Listener::Broker) { 0 } else { first };
        Versions { first, last }
    }

    /// Whether the API has this property.
    pub fn is(&self, property: Property) -> bool {
        self.properties.contains(&property)
    }

    /// Whether this kind of listener serves the API.
    pub fn is_on(&self, listener: Listener) -> bool {
        self.listeners.contains(&listener)
    }
}
