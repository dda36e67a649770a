//! Changes of subscriptions to client metrics (KIP-714).

use std::collections::BTreeMap;

use super::{AlterError, first};
use crate::client_metrics::ClientMetricsConfig;
use crate::definition::Definition;
use crate::written::Written;

const INTERVAL_MS_MIN: i32 = 100;
const INTERVAL_MS_MAX: i32 = 3_600_000;

/// What a client can be told by.
const ATTRIBUTES: &[&str] = &[
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
];

pub(super) fn check(name: &str, altered: &BTreeMap<String, String>) -> Result<(), AlterError> {
    if name.is_empty() {
        return Err(AlterError::InvalidRequest("Subscription name can't be empty".to_owned()));
    }
    if let Some(unknown) = altered.keys().find(|key| Definition::CLIENT_METRICS.key(key).is_none()) {
        return Err(AlterError::InvalidRequest(format!("Unknown client metrics configuration: {unknown}")));
    }
    let written = Written::from_metadata_log(altered.clone());
    let values = Definition::CLIENT_METRICS
        .parse(&written)
        .map_err(|errors| AlterError::InvalidConfig(first(errors)))?;
    let config = ClientMetricsConfig::resolve(&values);
    let interval_ms = config.interval_ms;
    if !(INTERVAL_MS_MIN..=INTERVAL_MS_MAX).contains(&interval_ms) {
        return Err(AlterError::InvalidRequest(format!(
            "Invalid value {interval_ms} for interval.ms, interval must be between 100 and 3600000 (1 hour)"
        )));
    }
    match config.matches.iter().find(|pattern| !is_matcher(pattern)) {
        Some(bad) => Err(AlterError::InvalidConfig(format!("Illegal client matching pattern: {bad}"))),
        None => Ok(()),
    }
}

/// An attribute, one equals sign, and a regular expression that is not empty. Whether it is well-formed shows where it is compiled.
fn is_matcher(pattern: &str) -> bool {
    let mut parts: Vec<&str> = pattern.split('=').collect();
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    matches!(parts[..], [attribute, _] if ATTRIBUTES.contains(&attribute.trim()))
}
