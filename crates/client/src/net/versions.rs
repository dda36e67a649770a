//! The versions that a node speaks.

use ottla_wire::Versions;
use ottla_wire::api::api_versions::{ApiVersion, ApiVersionsResponse};
use ottla_wire::api::{APIS, ApiKey};

/// What a node said of itself when a connection began: its APIs and features (KIP-511, KIP-584).
#[derive(Debug, Clone)]
pub struct NodeVersions {
    response: ApiVersionsResponse,
}

/// Client and node have no version of an API in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the node has {api} in versions {node}, the client wants {client}")]
pub struct UnsupportedVersion {
    /// The API.
    pub api: ApiKey,
    /// The node's versions.
    pub node: Versions,
    /// The client's versions.
    pub client: Versions,
}

impl NodeVersions {
    pub(crate) const fn new(response: ApiVersionsResponse) -> Self {
        Self { response }
    }

    /// The node's answer as it came.
    pub const fn response(&self) -> &ApiVersionsResponse {
        &self.response
    }

    /// The versions that the node named, none where it did not name the API.
    pub fn of(&self, api: ApiKey) -> Versions {
        let named = |entry: &&ApiVersion| entry.api_key == api.number();
        self.response
            .api_keys
            .iter()
            .find(named)
            .map_or(Versions::NONE, |entry| Versions::new(entry.min_version, entry.max_version))
    }

    /// The highest version that the node, this client and the caller know.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn choose(&self, api: ApiKey, within: Versions) -> Result<i16, UnsupportedVersion> {
        let ours = api.api().map_or(Versions::NONE, |api| api.served_versions(false));
        let client = ours.intersect(within);
        let node = self.of(api);
        let both = client.intersect(node);
        if both.is_empty() { Err(UnsupportedVersion { api, node, client }) } else { Ok(both.last) }
    }

    /// Level of a feature that is in force in the cluster, if the node named it.
    pub fn finalized_feature(&self, name: &str) -> Option<i16> {
        let finalized = &self.response.finalized_features;
        finalized.iter().find(|feature| &*feature.name == name).map(|feature| feature.max_version_level)
    }

    /// The APIs that both sides know, by key.
    pub fn apis(&self) -> impl Iterator<Item = (ApiKey, Versions)> {
        APIS.iter().map(|api| (api.key, self.of(api.key))).filter(|(_, versions)| !versions.is_empty())
    }
}
