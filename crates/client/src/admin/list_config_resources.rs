//! ListConfigResources (KIP-1142).

use ottla_wire::api::ApiKey;
use ottla_wire::api::list_config_resources::ListConfigResourcesRequest;
use ottla_wire::{ErrorCode, Versions};

use super::Admin;
use super::config_resource::{ConfigResource, ConfigResourceType};
use crate::client::{CallOptions, Target, is_unsupported, unsupported};
use crate::error::{ApiError, ClientError};

impl Admin {
    /// The things that have a configuration, of these kinds, or of all if none is named.
    ///
    /// # Errors
    ///
    /// The request failed, or a node that knows version 0 alone was asked for other things than the metrics of
    /// clients.
    pub async fn list_config_resources(
        &self,
        kinds: &[ConfigResourceType],
    ) -> Result<Vec<ConfigResource>, ClientError> {
        let only_metrics = kinds == [ConfigResourceType::ClientMetrics];
        let versions = if only_metrics { Versions::ALL } else { Versions::new(1, i16::MAX) };
        let response = self
            .client
            .call(
                &Target::Any,
                CallOptions { versions, ..self.options() },
                |version| {
                    let mut request = ListConfigResourcesRequest::default();
                    if version > 0 {
                        request.resource_types = kinds.iter().map(|kind| kind.number()).collect();
                    }
                    request
                },
                |response| ErrorCode::from(response.error_code),
            )
            .await;
        let response = response.map_err(|error| match is_unsupported(&error) {
            true => unsupported(ApiKey::ListConfigResources, "name the kinds of resources"),
            false => error,
        })?;
        ApiError::check(response.error_code, None)?;
        let mut resources = Vec::with_capacity(response.config_resources.len());
        for resource in response.config_resources {
            let Some(kind) = ConfigResourceType::from_number(resource.resource_type) else { continue };
            resources.push(ConfigResource::new(kind, resource.resource_name));
        }
        Ok(resources)
    }
}
