//! Changes of topics.

use std::collections::BTreeMap;

use super::{AlterError, broker, first};
use crate::definition::Definition;
use crate::server::ServerConfig;
use crate::topic::TopicConfig;
use crate::written::Written;

pub(super) fn check(
    current: &ServerConfig,
    name: &str,
    existing: &BTreeMap<String, String>,
    altered: &BTreeMap<String, String>,
) -> Result<(), AlterError> {
    if name.is_empty() {
        return Err(AlterError::InvalidRequest("Default topic resources are not allowed.".to_owned()));
    }
    check_values(current, existing, altered).map_err(AlterError::InvalidConfig)
}

fn check_values(
    current: &ServerConfig,
    existing: &BTreeMap<String, String>,
    altered: &BTreeMap<String, String>,
) -> Result<(), String> {
    if let Some(unknown) = altered.keys().find(|name| Definition::TOPIC.key(name).is_none()) {
        return Err(format!("Unknown topic config name: {unknown}"));
    }
    let overrides = Written::from_metadata_log(altered.clone());
    let topic = current.topic_config(&overrides).map_err(|errors| first(errors.0))?;
    check_compaction_lag(&topic)?;
    if topic.remote_storage_enable {
        check_remote_storage(current, &topic)
    } else {
        check_turning_off(existing, &topic)
    }
}

fn check_compaction_lag(topic: &TopicConfig) -> Result<(), String> {
    let (min, max) = (topic.min_compaction_lag_ms, topic.max_compaction_lag_ms);
    if min <= max {
        return Ok(());
    }
    Err(format!(
        "conflict topic config setting min.compaction.lag.ms ({min}) > max.compaction.lag.ms ({max})"
    ))
}

fn check_remote_storage(current: &ServerConfig, topic: &TopicConfig) -> Result<(), String> {
    if !current.keys.remote_log.remote_log_storage_system_enable {
        return Err("Tiered Storage functionality is disabled in the broker. \
                    Topic cannot be configured with remote log storage."
            .to_owned());
    }
    if !matches!(topic.cleanup_policy.as_slice(), [] | [_]) || topic.compacts() {
        return Err(
            "Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an \
                    empty list."
                .to_owned(),
        );
    }
    if topic.retention_bytes > -1 {
        let local = ("local.retention.bytes", topic.local_retention_bytes);
        broker::within_retention(local, ("retention.bytes", topic.retention_bytes))?;
    }
    if topic.retention_ms != -1 {
        let local = ("local.retention.ms", topic.local_retention_ms);
        broker::within_retention(local, ("retention.ms", topic.retention_ms))?;
    }
    check_copy_disabled(topic)
}

/// Without copying, nothing may leave the local disk before it is deleted.
fn check_copy_disabled(topic: &TopicConfig) -> Result<(), String> {
    if !topic.remote_log_copy_disable {
        return Ok(());
    }
    let same = |local: &str, whole: &str| {
        format!(
            "When `remote.log.copy.disable` is set to true, the `{local}` and `{whole}` must be set to the identical \
             value because there will be no more logs copied to the remote storage."
        )
    };
    if topic.local_retention_bytes != -2 && topic.local_retention_bytes != topic.retention_bytes {
        return Err(same("local.retention.bytes", "retention.bytes"));
    }
    if topic.local_retention_ms != -2 && topic.local_retention_ms != topic.retention_ms {
        return Err(same("local.retention.ms", "retention.ms"));
    }
    Ok(())
}

fn check_turning_off(existing: &BTreeMap<String, String>, topic: &TopicConfig) -> Result<(), String> {
    let was_on = existing.get("remote.storage.enable").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if !was_on || topic.remote_log_delete_on_disable {
        return Ok(());
    }
    Err("It is invalid to disable remote storage without deleting remote data. If you want to keep the remote data \
         and turn to read only, please set `remote.storage.enable=true,remote.log.copy.disable=true`. If you want to \
         disable remote storage and delete all remote data, please set \
         `remote.storage.enable=false,remote.log.delete.on.disable=true`."
        .to_owned())
}
