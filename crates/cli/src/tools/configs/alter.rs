//! `--alter`.

use std::collections::{BTreeMap, BTreeSet};

use ottla_client::Admin;
use ottla_client::admin::{
    AlterConfigsOptions, AlterOperation, ConfigChange, ConfigResource, DescribeConfigsOptions,
};
use ottla_wire::ErrorCode;

use super::entity::{Entity, EntityType};
use super::failed;
use super::options::{ADD_CONFIG, ADD_CONFIG_FILE, DELETE_CONFIG};
use crate::frame::{Arguments, ClientProperties, Console, Stop, load_properties};

pub(super) async fn run(
    admin: &Admin,
    entity: &Entity,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let (kind, name) = (entity.kind(), entity.name().unwrap_or_default());
    let added = added(arguments)?;
    let deleted: Vec<&str> = arguments.values(&DELETE_CONFIG).into_iter().map(str::trim).collect();
    let Some(resource_type) = kind.resource_type() else {
        return Err(Stop::Said(format!("Unsupported entity type: {}", kind.name())));
    };
    let resource = ConfigResource::new(resource_type, name);
    if kind == EntityType::BrokerLogger {
        check_loggers(admin, &resource, added.keys().map(String::as_str), &deleted, arguments).await?;
    }
    let deletions = deleted.iter().map(|key| ConfigChange {
        name: (*key).into(),
        operation: AlterOperation::Delete,
        value: Some("".into()),
    });
    let additions = added.iter().map(|(key, value)| ConfigChange {
        name: key.as_str().into(),
        operation: AlterOperation::Set,
        value: Some(value.as_str().into()),
    });
    let changes = BTreeMap::from([(resource, deletions.chain(additions).collect())]);
    let results = admin.incremental_alter_configs(&changes, AlterConfigsOptions::default()).await;
    for result in results.into_values() {
        match result {
            Err(error) if error.code() == ErrorCode::UnsupportedVersion => {
                return Err(Stop::Said(
                    "The INCREMENTAL_ALTER_CONFIGS API is not supported by the cluster. The API is supported starting \
                     from version 2.3.0. You may want to use an older version of this tool to interact with your cluster, \
                     or upgrade your brokers to version 2.3.0 or newer to avoid this error."
                        .to_owned(),
                ));
            }
            result => result.map_err(|error| failed(arguments, &error))?,
        }
    }
    match name {
        "" => {
            writeln!(console.out(), "Completed updating default config for {} in the cluster.", kind.name())?
        }
        name => writeln!(console.out(), "Completed updating config for {} {name}.", kind.singular())?,
    }
    Ok(())
}

/// Only levels of loggers that there are can be altered.
async fn check_loggers<'a>(
    admin: &Admin,
    resource: &ConfigResource,
    added: impl Iterator<Item = &'a str>,
    deleted: &[&'a str],
    arguments: &Arguments,
) -> Result<(), Stop> {
    let results =
        admin.describe_configs(std::slice::from_ref(resource), &DescribeConfigsOptions::default()).await;
    let mut known = BTreeSet::new();
    for entries in results.into_values() {
        let entries = entries.map_err(|error| failed(arguments, &error))?;
        known.extend(entries.into_iter().map(|entry| entry.name));
    }
    let is_unknown = |name: &&str| !known.contains(*name);
    let unknown: Vec<&str> =
        deleted.iter().copied().filter(is_unknown).chain(added.filter(is_unknown)).collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(Stop::Said(format!("Invalid broker logger(s): {}", unknown.join(",")))),
    }
}

fn added(arguments: &Arguments) -> Result<ClientProperties, Stop> {
    let mut added = match arguments.value(&ADD_CONFIG_FILE)? {
        Some(file) => load_properties(file)?,
        None => ClientProperties::new(),
    };
    if let Some(list) = arguments.value(&ADD_CONFIG)? {
        added.extend(parse(list).map_err(Stop::Said)?);
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"$._-".contains(&byte);
    match added.keys().find(|key| !key.bytes().all(is_allowed)) {
        Some(key) => Err(Stop::Said(format!("Invalid character found for config key: {key}"))),
        None => Ok(added),
    }
}

/// Parses `k1=v1,k2=[v1,v2]`.
fn parse(list: &str) -> Result<ClientProperties, String> {
    let mut parsed = ClientProperties::new();
    let mut pairs = split_outside_brackets(list, ',');
    while pairs.len() > 1 && pairs.last().is_some_and(|pair| pair.is_empty()) {
        pairs.pop();
    }
    for pair in pairs {
        let [key, value] = split_outside_brackets(pair, '=')[..] else {
            return Err(
                "requirement failed: Invalid entity config: all configs to be added must be in the format \
                        \"key=val\" or  \"key=[val1,val2]\" to group values which contain commas."
                    .to_owned(),
            );
        };
        parsed.insert(key.trim().to_owned(), value.replace(['[', ']'], "").trim().to_owned());
    }
    Ok(parsed)
}

/// A separator counts unless a bracket closes behind it that opened before it.
fn split_outside_brackets(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (place, _) in text.match_indices(separator) {
        let rest = &text[place + separator.len_utf8()..];
        let is_within = rest.split_once(']').is_some_and(|(before, _)| !before.contains('['));
        if !is_within {
            parts.push(&text[start..place]);
            start = place + separator.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs() {
        let pairs = |list: &str| -> Vec<String> {
            parse(list).unwrap().into_iter().map(|(key, value)| format!("{key}={value}")).collect()
        };
        assert_eq!(pairs("a=1"), ["a=1"]);
        assert_eq!(pairs("a=1,b = 2 ,"), ["a=1", "b=2"]);
        assert_eq!(pairs("a=[1,2],b=[x=3,y]"), ["a=1,2", "b=x=3,y"]);
        assert_eq!(pairs("a="), ["a="]);
        for wrong in ["a", "a=1=2", "a=1,b"] {
            assert!(
                parse(wrong).unwrap_err().starts_with("requirement failed: Invalid entity config"),
                "{wrong}"
            );
        }
    }
}
