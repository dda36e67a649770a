//! What AlterConfigs and IncrementalAlterConfigs have in common: this broker checks changes of its own, the controller all others.

use std::collections::BTreeMap;

use ottla_config::{AlterError, Change, Resource, validate_alter};
use ottla_controller::image::{ConfigResource, ConfigResourceType};
use ottla_wire::{ErrorCode, KafkaString};

use crate::broker::Broker;

/// Why a resource is not altered; no error if it is.
pub(super) type Verdict = (ErrorCode, Option<KafkaString>);

/// A resource in a request: its type and name.
pub(super) type ResourceKey = (i8, KafkaString);

pub(super) fn invalid(message: impl Into<String>) -> Verdict {
    (ErrorCode::InvalidRequest, Some(KafkaString::from(message.into())))
}

/// A change of one key as a request has it, before its operation is known to be one.
pub(super) struct AskedChange<'a> {
    pub(super) name: &'a KafkaString,
    pub(super) value: Option<&'a KafkaString>,
    /// None for an operation that there is not.
    pub(super) change: Result<Change, i8>,
    pub(super) needs_value: bool,
}

/// What the broker alone can say of a resource; none if the controller is to be asked.
///
/// `replaces_all` is for the request of old, whose values take the place of all.
pub(super) fn preprocess(
    broker: &Broker,
    resource_type: i8,
    name: &KafkaString,
    changes: &[AskedChange<'_>],
    replaces_all: bool,
) -> Option<Verdict> {
    let mut names: Vec<&KafkaString> = changes.iter().map(|change| change.name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Some(invalid("Error due to duplicate config keys"));
    }
    let nulls = changes.iter().filter(|change| change.needs_value && change.value.is_none());
    let nulls: Vec<&str> = nulls.map(|change| change.name.as_str()).collect();
    if !nulls.is_empty() {
        return Some(invalid(format!("Null value not supported for : {}", nulls.join(", "))));
    }
    match ConfigResourceType::from_id(resource_type) {
        Some(ConfigResourceType::Topic | ConfigResourceType::ClientMetrics | ConfigResourceType::Group) => {
            None
        }
        Some(ConfigResourceType::Broker) => check_broker(broker, name, changes, replaces_all).err(),
        Some(ConfigResourceType::BrokerLogger) if !replaces_all => {
            Some(refuse_loggers(broker, name, changes))
        }
        _ => Some(invalid(format!("Unknown resource type {resource_type}"))),
    }
}

fn check_broker(
    broker: &Broker,
    name: &KafkaString,
    changes: &[AskedChange<'_>],
    replaces_all: bool,
) -> Result<(), Verdict> {
    let resource =
        if name.is_empty() { Resource::ClusterDefault } else { Resource::Broker(own_id(broker, name)?) };
    let changes: Result<Vec<Change>, i8> = changes.iter().map(|change| change.change.clone()).collect();
    let changes = changes.map_err(|operation| invalid(format!("Unknown operations type {operation}")))?;
    let existing = if replaces_all {
        BTreeMap::new()
    } else {
        let resource = ConfigResource::new(ConfigResourceType::Broker, name.clone());
        broker.metadata.peek().configs().texts(&resource)
    };
    let (layers, config) = (broker.dynamic_config.layers(), broker.dynamic_config.current());
    validate_alter(&layers, &config, &resource, &existing, &changes).map_err(|error| verdict(&error))?;
    Ok(())
}

fn verdict(error: &AlterError) -> Verdict {
    let code = ErrorCode::from_number(error.code()).unwrap_or(ErrorCode::InvalidRequest);
    (code, Some(KafkaString::from(error.to_string())))
}

/// The number of this broker, which the resource must name.
fn own_id(broker: &Broker, name: &KafkaString) -> Result<i32, Verdict> {
    let node_id = broker.config.node_id;
    let id: i32 =
        name.parse().map_err(|_| invalid(format!("Node id must be an integer, but it is: {name}")))?;
    if id == node_id {
        Ok(id)
    } else {
        Err(invalid(format!("Unexpected broker id, expected {node_id}, but received {name}")))
    }
}

/// Levels are set when the node starts. Kafka knows no error for that but the one for a logger that it does not have.
fn refuse_loggers(broker: &Broker, name: &KafkaString, changes: &[AskedChange<'_>]) -> Verdict {
    if let Err(verdict) = own_id(broker, name) {
        return verdict;
    }
    match changes.first() {
        None => (ErrorCode::None, None),
        Some(change) => {
            let message = format!("Logger {} does not exist!", change.name);
            (ErrorCode::InvalidConfig, Some(KafkaString::from(message)))
        }
    }
}

/// The verdicts on all resources of a request, in its order. `None` stands for one that was asked of the controller, whose answers
/// are `decided`.
pub(super) fn reassemble(
    preprocessed: Vec<(ResourceKey, Option<Verdict>)>,
    mut decided: BTreeMap<ResourceKey, Verdict>,
) -> impl Iterator<Item = (ResourceKey, Verdict)> {
    preprocessed.into_iter().map(move |(key, verdict)| {
        let verdict = verdict.or_else(|| decided.remove(&key));
        (key, verdict.unwrap_or((ErrorCode::UnknownServerError, None)))
    })
}

/// Resources that are named more than once, none of which is altered.
pub(super) fn refuse_repeated(preprocessed: &mut [(ResourceKey, Option<Verdict>)]) {
    let mut counts: BTreeMap<ResourceKey, usize> = BTreeMap::new();
    for (key, _) in &*preprocessed {
        *counts.entry(key.clone()).or_default() += 1;
    }
    for (key, verdict) in preprocessed {
        if counts[key] > 1 {
            *verdict = Some(invalid("Each resource must appear at most once."));
        }
    }
}
