//! What topics and groups have from the node.

use crate::definition::Definition;
use crate::error::ConfigError;
use crate::group::GroupConfig;
use crate::key::Key;
use crate::topic::TopicConfig;
use crate::value::Value;
use crate::values::Values;
use crate::written::Written;

pub(super) const MINUTE_MS: i64 = 60 * 1000;
pub(super) const HOUR_MS: i64 = 60 * MINUTE_MS;

pub(super) fn topic_defaults(node: &Values) -> TopicConfig {
    TopicConfig::resolve(&defaults(Definition::TOPIC, node))
}

pub(super) fn group_defaults(node: &Values) -> GroupConfig {
    GroupConfig::resolve(&defaults(Definition::GROUP, node))
}

/// The values of a topic or group that overrides some of them.
pub(super) fn overridden(
    definition: Definition,
    node: &Values,
    overrides: &Written,
) -> Result<Values, Vec<ConfigError>> {
    let mut values = definition.parse(overrides)?;
    for key in definition.keys().filter(|key| !overrides.contains(key.name)) {
        values.insert(key.name, inherited(key, node));
    }
    Ok(values)
}

fn defaults(definition: Definition, node: &Values) -> Values {
    let mut values = Values::default();
    definition.keys().for_each(|key| values.insert(key.name, inherited(key, node)));
    values
}

/// The value a key has from the first of its synonyms that has one, in the key's own unit.
fn inherited(key: &Key, node: &Values) -> Option<Value> {
    let found = key.synonyms.iter().find_map(|synonym| Some((*synonym, node.value(synonym)?)));
    let Some((synonym, value)) = found else { return key.default_value() };
    Some(match value {
        Value::Int(hours) if synonym.ends_with(".hours") => milliseconds(i64::from(*hours) * HOUR_MS),
        Value::Int(minutes) if synonym.ends_with(".minutes") => milliseconds(i64::from(*minutes) * MINUTE_MS),
        Value::Long(retention) if synonym == "log.retention.ms" => milliseconds(*retention),
        value => value.clone(),
    })
}

/// Any negative time means for ever, which is -1 for a topic.
fn milliseconds(value: i64) -> Value {
    Value::Long(value.max(-1))
}
