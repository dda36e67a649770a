//! Changes applied to values. Brokers and controllers treat empty elements of lists differently, and so do we.

use std::collections::BTreeMap;

use super::{AlterError, Change, Operation};
use crate::definition::Definition;
use crate::java;
use crate::key::{Key, Type};
use crate::resource::Resource;

/// Longest value in the metadata log, in UTF-16 units as Java counts.
const VALUE_LENGTH_MAX: usize = i16::MAX as usize;

/// What the controller makes of the changes, which is what counts.
pub(super) fn apply(
    resource: &Resource,
    existing: &BTreeMap<String, String>,
    changes: &[Change],
) -> Result<BTreeMap<String, String>, AlterError> {
    // Kafka's controller knows the types of no other keys, so that their lists can be set but not appended to.
    let definition = match resource {
        Resource::ClusterDefault | Resource::Broker(_) => Some(Definition::BROKER),
        Resource::Topic(_) => Some(Definition::TOPIC),
        Resource::Group(_) | Resource::ClientMetrics(_) => None,
    };
    let mut altered = existing.clone();
    for change in changes {
        let value = change.value.as_deref().unwrap_or_default();
        let new = match change.operation {
            Operation::Delete => {
                altered.remove(&change.name);
                continue;
            }
            Operation::Set => value.to_owned(),
            Operation::Append | Operation::Subtract => {
                let key = definition.and_then(|definition| definition.key(&change.name));
                let key = key.filter(|key| key.value_type == Type::List);
                let Some(key) = key else {
                    let (operation, name) = (change.operation.name(), &change.name);
                    let message = format!("Can't {operation} to key {name} because its type is not LIST.");
                    return Err(AlterError::InvalidConfig(message));
                };
                let old =
                    existing.get(&change.name).cloned().or_else(|| default_text(key)).unwrap_or_default();
                let old: Vec<&str> = old.split(',').filter(|element| !element.is_empty()).collect();
                changed_list(old, change.operation, value)
            }
        };
        if new.encode_utf16().count() > VALUE_LENGTH_MAX {
            return Err(AlterError::InvalidConfig(format!(
                "The configuration value cannot be added because it exceeds the maximum value size of \
                 {VALUE_LENGTH_MAX} bytes."
            )));
        }
        altered.insert(change.name.clone(), new);
    }
    Ok(altered)
}

/// What a broker makes of the changes before it asks the controller.
pub(super) fn apply_on_broker(
    existing: &BTreeMap<String, String>,
    changes: &[Change],
) -> Result<BTreeMap<String, String>, AlterError> {
    let mut altered = existing.clone();
    for change in changes {
        let name = &change.name;
        let value = change.value.as_deref().unwrap_or_default();
        let new = match change.operation {
            Operation::Delete => {
                altered.remove(name);
                continue;
            }
            Operation::Set => value.to_owned(),
            Operation::Append | Operation::Subtract => {
                let key = Definition::BROKER
                    .key(name)
                    .ok_or_else(|| AlterError::InvalidConfig(format!("Unknown config name: {name}")))?;
                if key.value_type != Type::List {
                    let operation = change.operation.name().to_lowercase();
                    return Err(AlterError::InvalidConfig(format!(
                        "Config value {operation} is not allowed for config key: {name}"
                    )));
                }
                let old = existing.get(name).cloned().or_else(|| default_text(key)).unwrap_or_default();
                let nothing = change.operation == Operation::Append && old.is_empty();
                let old = if nothing { Vec::new() } else { java::split_commas(&old) };
                changed_list(old, change.operation, value)
            }
        };
        altered.insert(name.clone(), new);
    }
    Ok(altered)
}

fn default_text(key: &Key) -> Option<String> {
    key.default_value().map(|value| value.text())
}

/// Appends elements that are not there yet, or takes each given element away once.
fn changed_list<'a>(mut elements: Vec<&'a str>, operation: Operation, value: &'a str) -> String {
    for element in java::split_commas(value) {
        let found = elements.iter().position(|old| *old == element);
        match (operation, found) {
            (Operation::Subtract, Some(index)) => drop(elements.remove(index)),
            (Operation::Append, None) => elements.push(element),
            _ => {}
        }
    }
    elements.join(",")
}
