//! DescribeConfigs.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use ottla_wire::api::ApiKey;
use ottla_wire::api::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsSynonym,
};
use ottla_wire::{ErrorCode, KafkaString, Versions};

use super::config_resource::{ConfigResource, ConfigResourceType};
use super::{Admin, Results, complete, outcome};
use crate::client::{CallOptions, Target};
use crate::error::ClientError;

/// How configurations are described.
#[derive(Debug, Clone, Default)]
pub struct DescribeConfigsOptions {
    /// Whether to tell of every level at which each key has a value.
    pub include_synonyms: bool,
    /// Whether to tell what the keys do.
    pub include_documentation: bool,
    /// Only these keys; `None` for all.
    pub keys: Option<Vec<KafkaString>>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i8)]
pub enum ConfigSource {
    /// One that this client does not know.
    Unknown = 0,
    /// Set for the topic.
    DynamicTopicConfig = 1,
    /// Set for the broker while it runs.
    DynamicBrokerConfig = 2,
    /// Set for all brokers while they run.
    DynamicDefaultBrokerConfig = 3,
    /// From the broker's file.
    StaticBrokerConfig = 4,
    /// Nobody set it.
    DefaultConfig = 5,
    /// A log level set while the broker runs.
    DynamicBrokerLoggerConfig = 6,
    /// Set for the clients' metrics.
    DynamicClientMetricsConfig = 7,
    /// Set for the group.
    DynamicGroupConfig = 8,
}

impl ConfigSource {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Unknown, "UNKNOWN"),
        (Self::DynamicTopicConfig, "DYNAMIC_TOPIC_CONFIG"),
        (Self::DynamicBrokerConfig, "DYNAMIC_BROKER_CONFIG"),
        (Self::DynamicDefaultBrokerConfig, "DYNAMIC_DEFAULT_BROKER_CONFIG"),
        (Self::StaticBrokerConfig, "STATIC_BROKER_CONFIG"),
        (Self::DefaultConfig, "DEFAULT_CONFIG"),
        (Self::DynamicBrokerLoggerConfig, "DYNAMIC_BROKER_LOGGER_CONFIG"),
        (Self::DynamicClientMetricsConfig, "DYNAMIC_CLIENT_METRICS_CONFIG"),
        (Self::DynamicGroupConfig, "DYNAMIC_GROUP_CONFIG"),
    ];

    pub(super) fn from_number(number: i8) -> Self {
        let found = Self::ALL.into_iter().find(|(source, _)| *source as i8 == number);
        found.map_or(Self::Unknown, |(source, _)| source)
    }

    /// Kafka's name, as tools print it.
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The key.
    pub name: KafkaString,
    /// The value; `None` is null, also in place of a sensitive one.
    pub value: Option<KafkaString>,
    /// Where it comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed while the node runs.
    pub is_read_only: bool,
    /// Whether it is kept secret.
    pub is_sensitive: bool,
    /// Every level at which there is a value, the one that counts first; empty unless asked for.
    pub synonyms: Vec<ConfigSynonym>,
    /// The type of values: 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password;
    /// 0 is unknown.
    pub config_type: i8,
    /// What the key does, if asked for.
    pub documentation: Option<KafkaString>,
}

/// A level at which a key has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The key at that level.
    pub name: KafkaString,
    /// The value.
    pub value: Option<KafkaString>,
    /// The level.
    pub source: ConfigSource,
}

impl Admin {
    /// Describes configurations, each by itself. Those of single brokers are asked of those brokers.
    ///
    /// Requests to several nodes fail each for its own things.
    pub async fn describe_configs(
        &self,
        resources: &[ConfigResource],
        options: &DescribeConfigsOptions,
    ) -> Results<ConfigResource, Vec<ConfigEntry>> {
        let mut nodes: BTreeMap<Option<i32>, Vec<&ConfigResource>> = BTreeMap::new();
        for resource in resources {
            nodes.entry(resource.node()).or_default().push(resource);
        }
        let asked = nodes.iter().map(|(node, resources)| self.describe_at(*node, resources, options));
        let results = join_all(asked).await.into_iter().flatten().collect();
        let missing =
            || ClientError::Incomplete { api: ApiKey::DescribeConfigs, missing: "a resource".to_owned() };
        complete(results, resources.iter().cloned(), missing)
    }

    async fn describe_at(
        &self,
        node: Option<i32>,
        resources: &[&ConfigResource],
        options: &DescribeConfigsOptions,
    ) -> Results<ConfigResource, Vec<ConfigEntry>> {
        let target = node.map_or(Target::Any, Target::Broker);
        let request = DescribeConfigsRequest {
            resources: resources.iter().map(|resource| described(resource, options)).collect(),
            include_synonyms: options.include_synonyms,
            include_documentation: options.include_documentation,
            ..DescribeConfigsRequest::default()
        };
        let first = if options.include_documentation { 3 } else { 1 };
        let call = CallOptions { versions: Versions::new(first, i16::MAX), ..self.options() };
        let response = self.client.call(&target, call, |_| request.clone(), |_| ErrorCode::None).await;
        let response = match response {
            Ok(response) => response,
            Err(error) => {
                return resources.iter().map(|resource| ((*resource).clone(), Err(error.clone()))).collect();
            }
        };
        let mut results = Results::new();
        for result in &response.results {
            let Some(kind) = ConfigResourceType::from_number(result.resource_type) else { continue };
            let entries = outcome(result.error_code, result.error_message.as_ref())
                .map(|()| result.configs.iter().map(entry).collect());
            results.insert(ConfigResource::new(kind, result.resource_name.clone()), entries);
        }
        results
    }
}

fn described(resource: &ConfigResource, options: &DescribeConfigsOptions) -> DescribeConfigsResource {
    DescribeConfigsResource {
        resource_type: resource.resource_type.number(),
        resource_name: resource.name.clone(),
        configuration_keys: options.keys.clone(),
        ..DescribeConfigsResource::default()
    }
}

fn entry(config: &DescribeConfigsResourceResult) -> ConfigEntry {
    let synonym = |synonym: &DescribeConfigsSynonym| ConfigSynonym {
        name: synonym.name.clone(),
        value: synonym.value.clone(),
        source: ConfigSource::from_number(synonym.source),
    };
    ConfigEntry {
        name: config.name.clone(),
        value: config.value.clone(),
        source: ConfigSource::from_number(config.config_source),
        is_read_only: config.read_only,
        is_sensitive: config.is_sensitive,
        synonyms: config.synonyms.iter().map(synonym).collect(),
        config_type: config.config_type,
        documentation: config.documentation.clone(),
    }
}
