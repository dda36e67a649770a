//! DescribeConfigs, versions 1 to 4: the configuration of topics, brokers, loggers, groups and subscriptions to client metrics
//! (KIP-133, KIP-226, KIP-569).
//!
//! Missing: authorization.

use std::collections::BTreeSet;
use std::sync::Arc;

use ottla_config::{ConfigEntry, ConfigSynonym, Layers, ServerConfig, Type, Written};
use ottla_controller::image::{ConfigResource, ConfigResourceType, MetadataImage};
use ottla_controller::topic_name_fault;
use ottla_wire::api::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResponse,
    DescribeConfigsResult, DescribeConfigsSynonym,
};
use ottla_wire::{ErrorCode, KafkaString};
use tracing::level_filters::LevelFilter;

use super::RequestContext;
use crate::broker::Broker;

const LOGGER_SOURCE: i8 = 6;
/// Since this version a client may ask for the documentation.
const DOCUMENTATION_VERSION_MIN: i16 = 3;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: DescribeConfigsRequest,
) -> DescribeConfigsResponse {
    let description = Description {
        image: broker.metadata.image(),
        layers: broker.dynamic_config.layers(),
        config: broker.dynamic_config.current(),
        with_synonyms: request.include_synonyms,
        with_documentation: request.include_documentation && context.api_version >= DOCUMENTATION_VERSION_MIN,
    };
    let results = request.resources.iter().map(|resource| description.result(resource)).collect();
    DescribeConfigsResponse { results, ..DescribeConfigsResponse::default() }
}

/// What descriptions are made of.
struct Description {
    image: Arc<MetadataImage>,
    layers: Arc<Layers>,
    config: Arc<ServerConfig>,
    with_synonyms: bool,
    with_documentation: bool,
}

/// Why something is not described.
struct Refusal {
    error: ErrorCode,
    message: Option<String>,
}

impl Refusal {
    fn invalid(message: impl Into<String>) -> Self {
        Self { error: ErrorCode::InvalidRequest, message: Some(message.into()) }
    }
}

impl Description {
    fn result(&self, resource: &DescribeConfigsResource) -> DescribeConfigsResult {
        let result = DescribeConfigsResult {
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            ..DescribeConfigsResult::default()
        };
        // Who names none wants all, as in Kafka.
        let named = resource.configuration_keys.as_ref().filter(|keys| !keys.is_empty());
        let wanted: Option<BTreeSet<&str>> = named.map(|keys| keys.iter().map(KafkaString::as_str).collect());
        let is_wanted = |name: &str| wanted.as_ref().is_none_or(|wanted| wanted.contains(name));
        match self.entries(resource) {
            Ok(entries) => {
                let configs = entries.into_iter().filter(|entry| is_wanted(&entry.name)).collect();
                DescribeConfigsResult { configs, ..result }
            }
            Err(Refusal { error, message }) => DescribeConfigsResult {
                error_code: error.number(),
                error_message: message.map(KafkaString::from).or(result.error_message),
                ..result
            },
        }
    }

    fn entries(
        &self,
        resource: &DescribeConfigsResource,
    ) -> Result<Vec<DescribeConfigsResourceResult>, Refusal> {
        let name = resource.resource_name.as_str();
        let entries = match ConfigResourceType::from_id(resource.resource_type) {
            Some(ConfigResourceType::Topic) => self.topic(name)?,
            Some(ConfigResourceType::Broker) if name.is_empty() => self.layers.describe_cluster(),
            Some(ConfigResourceType::Broker) => {
                self.check_broker(name, " or empty string,")?;
                self.layers.describe_broker(&self.config)
            }
            Some(ConfigResourceType::BrokerLogger) if name.is_empty() => {
                return Err(Refusal::invalid("Broker id must not be empty"));
            }
            Some(ConfigResourceType::BrokerLogger) => {
                self.check_broker(name, "")?;
                return Ok(vec![root_logger()]);
            }
            Some(ConfigResourceType::ClientMetrics) if name.is_empty() => {
                return Err(Refusal::invalid("Client metrics subscription name must not be empty"));
            }
            Some(ConfigResourceType::ClientMetrics) => {
                self.layers.describe_client_metrics(&self.overrides(ConfigResourceType::ClientMetrics, name))
            }
            Some(ConfigResourceType::Group) if name.is_empty() => {
                return Err(Refusal::invalid("Group name must not be empty"));
            }
            Some(ConfigResourceType::Group) => {
                self.layers.describe_group(&self.config, &self.overrides(ConfigResourceType::Group, name))
            }
            None => {
                let (id, name) = (resource.resource_type, &resource.resource_name);
                let message = format!("Unexpected resource type {} for resource {name}", type_name(id));
                return Err(Refusal::invalid(message));
            }
        };
        Ok(entries.into_iter().map(|entry| self.entry(entry)).collect())
    }

    fn topic(&self, name: &str) -> Result<Vec<ConfigEntry>, Refusal> {
        if let Some(fault) = topic_name_fault(name) {
            return Err(Refusal { error: ErrorCode::InvalidTopicException, message: Some(fault) });
        }
        if self.image.topics().topic_id(name).is_none() {
            return Err(Refusal { error: ErrorCode::UnknownTopicOrPartition, message: None });
        }
        let overrides = self.overrides(ConfigResourceType::Topic, name);
        Ok(self.layers.describe_topic(&self.config, &overrides))
    }

    fn overrides(&self, resource_type: ConfigResourceType, name: &str) -> Written {
        let resource = ConfigResource::new(resource_type, name);
        Written::from_metadata_log(self.image.configs().texts(&resource))
    }

    /// Each broker describes itself alone.
    fn check_broker(&self, name: &str, or: &str) -> Result<(), Refusal> {
        let id: i32 = name
            .parse()
            .map_err(|_| Refusal::invalid(format!("Broker id must be an integer, but it is: {name}")))?;
        let node_id = self.config.node_id;
        if id == node_id {
            return Ok(());
        }
        Err(Refusal::invalid(format!("Unexpected broker id, expected {node_id}{or} but received {name}")))
    }

    fn entry(&self, entry: ConfigEntry) -> DescribeConfigsResourceResult {
        let synonyms = if self.with_synonyms { entry.synonyms } else { Vec::new() };
        let documentation = entry.documentation.filter(|_| self.with_documentation);
        DescribeConfigsResourceResult {
            name: KafkaString::from(entry.name),
            value: entry.value.map(KafkaString::from),
            read_only: entry.read_only,
            config_source: entry.source as i8,
            is_sensitive: entry.is_sensitive,
            synonyms: synonyms.into_iter().map(synonym).collect(),
            config_type: entry.value_type.map_or(0, type_id),
            documentation: documentation.map(KafkaString::from),
            ..DescribeConfigsResourceResult::default()
        }
    }
}

fn synonym(synonym: ConfigSynonym) -> DescribeConfigsSynonym {
    DescribeConfigsSynonym {
        name: KafkaString::from(synonym.name),
        value: synonym.value.map(KafkaString::from),
        source: synonym.source as i8,
        ..DescribeConfigsSynonym::default()
    }
}

/// The type's number in answers.
const fn type_id(value_type: Type) -> i8 {
    match value_type {
        Type::Boolean => 1,
        Type::String => 2,
        Type::Int => 3,
        Type::Short => 4,
        Type::Long => 5,
        Type::Double => 6,
        Type::List => 7,
        Type::Class => 8,
        Type::Password => 9,
    }
}

/// The one logger there is: the level down to which anything is logged.
fn root_logger() -> DescribeConfigsResourceResult {
    let level = match LevelFilter::current() {
        LevelFilter::TRACE => "TRACE",
        LevelFilter::DEBUG => "DEBUG",
        LevelFilter::INFO => "INFO",
        LevelFilter::WARN => "WARN",
        LevelFilter::ERROR => "ERROR",
        _ => "OFF",
    };
    DescribeConfigsResourceResult {
        name: KafkaString::from_static("root"),
        value: Some(KafkaString::from_static(level)),
        config_source: LOGGER_SOURCE,
        ..DescribeConfigsResourceResult::default()
    }
}

/// As Java names what it does not know.
fn type_name(id: i8) -> String {
    if id == 0 { "UNKNOWN".to_owned() } else { format!("UNKNOWN ({id})") }
}
