//! CreateTopics.

use std::collections::BTreeMap;

use ottla_wire::api::ApiKey;
use ottla_wire::api::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatableTopicConfigs,
    CreatableTopicResult, CreateTopicsRequest,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::describe_configs::{ConfigEntry, ConfigSource};
use super::{Admin, Results, complete, not_controller, outcome};
use crate::client::Target;
use crate::error::ClientError;

/// A topic to create.
#[derive(Debug, Clone)]
pub struct NewTopic {
    /// Its name.
    pub name: KafkaString,
    /// Its partitions.
    pub layout: TopicLayout,
    /// Its configuration, as far as it is not the cluster's.
    pub configs: BTreeMap<KafkaString, KafkaString>,
}

/// The partitions of a new topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicLayout {
    /// So many, placed by the controller.
    Counts {
        /// Number of partitions; `None` for the cluster's default (KIP-464).
        partitions: Option<i32>,
        /// Number of replicas of each; `None` for the cluster's default.
        replication_factor: Option<i16>,
    },
    /// Placed by hand: the brokers of each partition, the preferred leader first.
    Assignments(BTreeMap<i32, Vec<i32>>),
}

impl NewTopic {
    /// A topic of so many partitions and replicas, `None` for the cluster's defaults.
    pub fn new(
        name: impl Into<KafkaString>,
        partitions: Option<i32>,
        replication_factor: Option<i16>,
    ) -> Self {
        let layout = TopicLayout::Counts { partitions, replication_factor };
        Self { name: name.into(), layout, configs: BTreeMap::new() }
    }

    fn creatable(&self) -> CreatableTopic {
        let config = |(name, value): (&KafkaString, &KafkaString)| CreatableTopicConfig {
            name: name.clone(),
            value: Some(value.clone()),
            ..CreatableTopicConfig::default()
        };
        let mut topic = CreatableTopic {
            name: self.name.clone(),
            num_partitions: -1,
            replication_factor: -1,
            configs: self.configs.iter().map(config).collect(),
            ..CreatableTopic::default()
        };
        match &self.layout {
            TopicLayout::Counts { partitions, replication_factor } => {
                topic.num_partitions = partitions.unwrap_or(-1);
                topic.replication_factor = replication_factor.unwrap_or(-1);
            }
            TopicLayout::Assignments(assignments) => {
                topic.assignments = assignments
                    .iter()
                    .map(|(partition, brokers)| CreatableReplicaAssignment {
                        partition_index: *partition,
                        broker_ids: brokers.clone(),
                        ..CreatableReplicaAssignment::default()
                    })
                    .collect();
            }
        }
        topic
    }
}

/// How topics are created.
#[derive(Debug, Clone, Copy, Default)]
pub struct CreateTopicsOptions {
    /// Only find out whether they could be created.
    pub validate_only: bool,
}

/// A topic that was created, or could be. What the caller may not see, or an old node does not tell, is absent.
#[derive(Debug, Clone)]
pub struct CreatedTopic {
    /// Its id.
    pub id: Option<Uuid>,
    /// Number of its partitions.
    pub partitions: Option<i32>,
    /// Number of replicas of each.
    pub replication_factor: Option<i16>,
    /// Its configuration.
    pub configs: Option<Vec<ConfigEntry>>,
}

impl Admin {
    /// Creates topics, each by itself.
    ///
    /// # Errors
    ///
    /// The whole request failed.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        options: CreateTopicsOptions,
    ) -> Result<Results<KafkaString, CreatedTopic>, ClientError> {
        let request = CreateTopicsRequest {
            topics: topics.iter().map(NewTopic::creatable).collect(),
            timeout_ms: self.timeout_ms(),
            validate_only: options.validate_only,
            ..CreateTopicsRequest::default()
        };
        let response = self
            .call(&Target::Controller, request, |response| {
                not_controller(response.topics.iter().map(|topic| topic.error_code))
            })
            .await?;
        let results = response.topics.iter().map(|topic| (topic.name.clone(), created(topic))).collect();
        let missing = || ClientError::Incomplete { api: ApiKey::CreateTopics, missing: "a topic".to_owned() };
        Ok(complete(results, topics.iter().map(|topic| topic.name.clone()), missing))
    }
}

fn created(topic: &CreatableTopicResult) -> Result<CreatedTopic, ClientError> {
    outcome(topic.error_code, topic.error_message.as_ref())?;
    let is_shown = ErrorCode::from(topic.topic_config_error_code) == ErrorCode::None;
    let configs = topic.configs.as_ref().filter(|_| is_shown);
    Ok(CreatedTopic {
        id: Some(topic.topic_id).filter(|id| !id.is_zero()),
        partitions: Some(topic.num_partitions).filter(|count| *count >= 0),
        replication_factor: Some(topic.replication_factor).filter(|count| *count >= 0),
        configs: configs.map(|configs| configs.iter().map(entry).collect()),
    })
}

fn entry(config: &CreatableTopicConfigs) -> ConfigEntry {
    ConfigEntry {
        name: config.name.clone(),
        value: config.value.clone(),
        source: ConfigSource::from_number(config.config_source),
        is_read_only: config.read_only,
        is_sensitive: config.is_sensitive,
        synonyms: Vec::new(),
        config_type: 0,
        documentation: None,
    }
}
