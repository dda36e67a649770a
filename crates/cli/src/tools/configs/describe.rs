//! `--describe`.

use ottla_client::admin::{
    ConfigEntry, ConfigResource, ConfigResourceType, DescribeClusterOptions, DescribeConfigsOptions,
    GroupFilter,
};
use ottla_client::{Admin, ClientError};
use ottla_wire::{ErrorCode, KafkaString};

use super::entity::{Entity, EntityType};
use super::failed;
use super::options::ALL_CONFIGS;
use crate::frame::{Arguments, Console, Stop};
use crate::java::{CAPACITY, hash_code, sort_as_map};

/// Stands for what all brokers have.
const DEFAULT: &str = "";

pub(super) async fn run(
    admin: &Admin,
    entity: &Entity,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let kind = entity.kind();
    let describes_all = arguments.has(&ALL_CONFIGS);
    let known = known_names(admin, kind).await;
    if let Some(name) = entity.name().filter(|_| !describes_all) {
        check_topic_name(kind, name)?;
        let known = known.as_ref().map_err(|error| failed(arguments, error))?;
        if !known.iter().any(|known| known == name) {
            let kind = kind.singular();
            return Ok(writeln!(
                console.out(),
                "The {kind} '{name}' doesn't exist and doesn't have dynamic config."
            )?);
        }
    }
    let names = match entity.name() {
        Some(name) => vec![name.to_owned()],
        None => known.map_err(|error| failed(arguments, &error))?,
    };
    for name in names {
        match (name.as_str(), describes_all) {
            (DEFAULT, _) => {
                writeln!(console.out(), "Default configs for {} in the cluster are:", kind.name())?
            }
            (name, true) => writeln!(console.out(), "All configs for {} {name} are:", kind.singular())?,
            (name, false) => writeln!(console.out(), "Dynamic configs for {} {name} are:", kind.singular())?,
        }
        for entry in entries(admin, kind, &name, describes_all, arguments).await? {
            writeln!(console.out(), "{}", line(&entry))?;
        }
    }
    Ok(())
}

/// The names of all things of a kind, in Kafka's order.
async fn known_names(admin: &Admin, kind: EntityType) -> Result<Vec<String>, ClientError> {
    match kind {
        EntityType::Topic => {
            let mut topics = admin.list_topics().await?;
            sort_as_map(&mut topics, CAPACITY, |topic| hash_code(&topic.name));
            Ok(topics.into_iter().map(|topic| topic.name.as_str().to_owned()).collect())
        }
        EntityType::Broker | EntityType::BrokerLogger => {
            let cluster = admin.describe_cluster(DescribeClusterOptions::default()).await?;
            Ok(cluster.nodes.iter().map(|node| node.id.to_string()).chain([DEFAULT.to_owned()]).collect())
        }
        EntityType::Group => {
            let (groups, errors) = admin.list_groups(&GroupFilter::default()).await?;
            if let Some(error) = errors.into_iter().next() {
                return Err(error);
            }
            let mut names: Vec<String> =
                groups.into_iter().map(|group| group.group_id.as_str().to_owned()).collect();
            match named(admin, ConfigResourceType::Group).await {
                Ok(configured) => names.extend(configured),
                // Older nodes cannot tell, and some callers may not know.
                Err(error)
                    if matches!(
                        error.code(),
                        ErrorCode::UnsupportedVersion | ErrorCode::ClusterAuthorizationFailed
                    ) => {}
                Err(error) => return Err(error),
            }
            names.sort();
            names.dedup();
            Ok(names)
        }
        _ => named(admin, ConfigResourceType::ClientMetrics).await,
    }
}

async fn named(admin: &Admin, kind: ConfigResourceType) -> Result<Vec<String>, ClientError> {
    let resources = admin.list_config_resources(&[kind]).await?;
    Ok(resources.into_iter().map(|resource| resource.name.as_str().to_owned()).collect())
}

fn check_topic_name(kind: EntityType, name: &str) -> Result<(), Stop> {
    const LENGTH_MAX: usize = 249;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let reason = match name {
        _ if kind != EntityType::Topic => return Ok(()),
        "" => "the empty string is not allowed".to_owned(),
        "." | ".." => format!("'{name}' is not allowed"),
        _ if name.chars().count() > LENGTH_MAX => {
            format!("the length of '{name}' is longer than the max allowed length {LENGTH_MAX}")
        }
        _ if !name.bytes().all(is_allowed) => {
            format!(
                "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
            )
        }
        _ => return Ok(()),
    };
    Err(Stop::Said(format!("Topic name is invalid: {reason}")))
}

async fn entries(
    admin: &Admin,
    kind: EntityType,
    name: &str,
    describes_all: bool,
    arguments: &Arguments,
) -> Result<Vec<ConfigEntry>, Stop> {
    if !name.is_empty() {
        check_topic_name(kind, name)?;
    }
    let Some(resource_type) = kind.resource_type() else {
        return Err(Stop::Said(format!("Invalid entity type: {}", kind.name())));
    };
    let resource = ConfigResource::new(resource_type, name);
    let options = DescribeConfigsOptions { include_synonyms: true, ..DescribeConfigsOptions::default() };
    let mut entries = Vec::new();
    for described in admin.describe_configs(&[resource], &options).await.into_values() {
        entries.extend(described.map_err(|error| failed(arguments, &error))?);
    }
    let source = kind.own_source(name).filter(|_| !describes_all);
    entries.retain(|entry| source.is_none_or(|source| entry.source == source));
    entries.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(entries)
}

fn line(entry: &ConfigEntry) -> String {
    let synonyms = entry.synonyms.iter().map(|synonym| {
        format!("{}:{}={}", synonym.source.name(), synonym.name, or_null(synonym.value.as_ref()))
    });
    let synonyms = synonyms.collect::<Vec<_>>().join(", ");
    let (name, value) = (&entry.name, or_null(entry.value.as_ref()));
    format!("  {name}={value} sensitive={} synonyms={{{synonyms}}}", entry.is_sensitive)
}

fn or_null(text: Option<&KafkaString>) -> &str {
    text.map_or("null", KafkaString::as_str)
}

#[cfg(test)]
mod tests {
    use ottla_client::admin::{ConfigSource, ConfigSynonym};

    use super::*;

    #[test]
    fn lines() {
        let synonym = |source, name: &str, value: Option<&str>| ConfigSynonym {
            name: name.into(),
            value: value.map(Into::into),
            source,
        };
        let entry = ConfigEntry {
            name: "retention.ms".into(),
            value: Some("60000".into()),
            source: ConfigSource::DynamicTopicConfig,
            is_read_only: false,
            is_sensitive: false,
            synonyms: vec![
                synonym(ConfigSource::DynamicTopicConfig, "retention.ms", Some("60000")),
                synonym(ConfigSource::StaticBrokerConfig, "log.retention.ms", None),
            ],
            config_type: 5,
            documentation: None,
        };
        assert_eq!(
            line(&entry),
            "  retention.ms=60000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=60000, \
             STATIC_BROKER_CONFIG:log.retention.ms=null}"
        );
    }

    #[test]
    fn names_that_no_topic_has() {
        assert!(check_topic_name(EntityType::Topic, "a.b_c-1").is_ok());
        assert!(check_topic_name(EntityType::Group, "a/b").is_ok());
        let Err(Stop::Said(message)) = check_topic_name(EntityType::Topic, "a/b") else {
            panic!("it is no name")
        };
        assert_eq!(
            message,
            "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        );
    }
}
