//! IncrementalAlterConfigs (KIP-339), and the older AlterConfigs.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use ottla_wire::KafkaString;
use ottla_wire::api::{ApiKey, alter_configs, incremental_alter_configs};

use super::config_resource::{ConfigResource, ConfigResourceType};
use super::{Admin, Results, complete, not_controller, outcome};
use crate::client::Target;
use crate::error::ClientError;

/// What is done with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum AlterOperation {
    /// Gives it the value.
    Set = 0,
    /// Takes its value away, so that the next level's counts.
    Delete = 1,
    /// Adds the value to a list.
    Append = 2,
    /// Removes the value from a list.
    Subtract = 3,
}

/// A change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigChange {
    /// The key.
    pub name: KafkaString,
    /// What is done.
    pub operation: AlterOperation,
    /// The value, unless it is taken away.
    pub value: Option<KafkaString>,
}

/// How configurations are altered.
#[derive(Debug, Clone, Copy, Default)]
pub struct AlterConfigsOptions {
    /// Only find out whether they could be altered.
    pub validate_only: bool,
}

/// Changes of one resource, or all its values, as lists of either API.
type Altered<'a, C> = Vec<(&'a ConfigResource, &'a C)>;

impl Admin {
    /// Alters configurations key by key, each resource by itself. Those of single brokers are altered there.
    pub async fn incremental_alter_configs(
        &self,
        changes: &BTreeMap<ConfigResource, Vec<ConfigChange>>,
        options: AlterConfigsOptions,
    ) -> Results<ConfigResource, ()> {
        let nodes = by_node(changes);
        let sent = nodes.iter().map(|(node, resources)| async move {
            let request = incremental(resources, options);
            let response = self
                .call(&target(*node), request, |response| {
                    not_controller(response.responses.iter().map(|resource| resource.error_code))
                })
                .await;
            match response {
                Err(error) => failed(resources, &error),
                Ok(response) => {
                    let parts = response.responses.iter().map(|r| {
                        (r.resource_type, &r.resource_name, outcome(r.error_code, r.error_message.as_ref()))
                    });
                    taken(parts)
                }
            }
        });
        let results = join_all(sent).await.into_iter().flatten().collect();
        let missing = || missing(ApiKey::IncrementalAlterConfigs);
        complete(results, changes.keys().cloned(), missing)
    }

    /// Replaces whole configurations, each by itself: what is not named goes back to the next level's value.
    ///
    /// Two callers that do this at a time undo each other's changes;
    /// [`incremental_alter_configs`](Self::incremental_alter_configs) does not.
    pub async fn replace_configs(
        &self,
        configs: &BTreeMap<ConfigResource, BTreeMap<KafkaString, KafkaString>>,
        options: AlterConfigsOptions,
    ) -> Results<ConfigResource, ()> {
        let nodes = by_node(configs);
        let sent = nodes.iter().map(|(node, resources)| async move {
            let request = replacing(resources, options);
            let response = self
                .call(&target(*node), request, |response| {
                    not_controller(response.responses.iter().map(|resource| resource.error_code))
                })
                .await;
            match response {
                Err(error) => failed(resources, &error),
                Ok(response) => {
                    let parts = response.responses.iter().map(|r| {
                        (r.resource_type, &r.resource_name, outcome(r.error_code, r.error_message.as_ref()))
                    });
                    taken(parts)
                }
            }
        });
        let results = join_all(sent).await.into_iter().flatten().collect();
        complete(results, configs.keys().cloned(), || missing(ApiKey::AlterConfigs))
    }
}

fn by_node<C>(changes: &BTreeMap<ConfigResource, C>) -> BTreeMap<Option<i32>, Altered<'_, C>> {
    let mut nodes: BTreeMap<Option<i32>, Altered<'_, C>> = BTreeMap::new();
    for (resource, change) in changes {
        nodes.entry(resource.node()).or_default().push((resource, change));
    }
    nodes
}

fn target(node: Option<i32>) -> Target {
    node.map_or(Target::Any, Target::Broker)
}

fn missing(api: ApiKey) -> ClientError {
    ClientError::Incomplete { api, missing: "a resource".to_owned() }
}

fn failed<C>(resources: &Altered<'_, C>, error: &ClientError) -> Results<ConfigResource, ()> {
    resources.iter().map(|(resource, _)| ((*resource).clone(), Err(error.clone()))).collect()
}

fn taken<'a>(
    parts: impl Iterator<Item = (i8, &'a KafkaString, Result<(), ClientError>)>,
) -> Results<ConfigResource, ()> {
    parts
        .filter_map(|(kind, name, result)| {
            let kind = ConfigResourceType::from_number(kind)?;
            Some((ConfigResource::new(kind, name.clone()), result))
        })
        .collect()
}

fn incremental(
    resources: &Altered<'_, Vec<ConfigChange>>,
    options: AlterConfigsOptions,
) -> incremental_alter_configs::IncrementalAlterConfigsRequest {
    use incremental_alter_configs::{AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest};
    let config = |change: &ConfigChange| AlterableConfig {
        name: change.name.clone(),
        config_operation: change.operation as i8,
        value: change.value.clone(),
        ..AlterableConfig::default()
    };
    let resource = |(resource, changes): &(&ConfigResource, &Vec<ConfigChange>)| AlterConfigsResource {
        resource_type: resource.resource_type.number(),
        resource_name: resource.name.clone(),
        configs: changes.iter().map(config).collect(),
        ..AlterConfigsResource::default()
    };
    IncrementalAlterConfigsRequest {
        resources: resources.iter().map(resource).collect(),
        validate_only: options.validate_only,
        ..IncrementalAlterConfigsRequest::default()
    }
}

fn replacing(
    resources: &Altered<'_, BTreeMap<KafkaString, KafkaString>>,
    options: AlterConfigsOptions,
) -> alter_configs::AlterConfigsRequest {
    use alter_configs::{AlterConfigsRequest, AlterConfigsResource, AlterableConfig};
    let config = |(name, value): (&KafkaString, &KafkaString)| AlterableConfig {
        name: name.clone(),
        value: Some(value.clone()),
        ..AlterableConfig::default()
    };
    let resource =
        |(resource, configs): &(&ConfigResource, &BTreeMap<KafkaString, KafkaString>)| AlterConfigsResource {
            resource_type: resource.resource_type.number(),
            resource_name: resource.name.clone(),
            configs: configs.iter().map(config).collect(),
            ..AlterConfigsResource::default()
        };
    AlterConfigsRequest {
        resources: resources.iter().map(resource).collect(),
        validate_only: options.validate_only,
        ..AlterConfigsRequest::default()
    }
}
