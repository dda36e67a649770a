//! Describing topics: DescribeTopicPartitions page by page (KIP-966), or Metadata where nodes lack it.

use std::collections::BTreeMap;

use ottla_record::LeaderEpoch;
use ottla_wire::api::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic, RequestCursor, ResponseCursor, TopicRequest,
};
use ottla_wire::api::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponsePartition, MetadataResponseTopic,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid, Versions};

use super::delete_topics::TopicSelector;
use super::{Admin, Results, complete, outcome};
use crate::client::{CallOptions, Target, is_unsupported};
use crate::error::ClientError;

/// How topics are described.
#[derive(Debug, Clone, Copy)]
pub struct DescribeTopicsOptions {
    /// Partitions that one answer may describe; the next ones are asked for after it.
    pub partitions_per_response: i32,
    /// Whether to ask what the caller may do with each topic.
    pub include_authorized_operations: bool,
}

impl Default for DescribeTopicsOptions {
    fn default() -> Self {
        Self { partitions_per_response: 2000, include_authorized_operations: false }
    }
}

/// A topic as nodes describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its name.
    pub name: KafkaString,
    /// Its id; zero where nodes do not tell it.
    pub id: Uuid,
    /// Whether the brokers keep it for their own use.
    pub is_internal: bool,
    /// Its partitions, by index.
    pub partitions: Vec<DescribedPartition>,
    /// Bits of what the caller may do with the topic, if that was asked for.
    pub authorized_operations: Option<i32>,
}

/// A partition as nodes describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedPartition {
    /// Its number within the topic.
    pub index: i32,
    /// Its leader, if there is one.
    pub leader: Option<i32>,
    /// The leader's epoch; -1 where nodes do not tell it.
    pub leader_epoch: LeaderEpoch,
    /// Brokers that hold it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Brokers whose copy is in sync.
    pub in_sync: Vec<i32>,
    /// Brokers whose copy is not available.
    pub offline: Vec<i32>,
    /// Brokers that could lead although not in sync (KIP-966); `None` where nodes do not tell.
    pub eligible_leaders: Option<Vec<i32>>,
    /// The last brokers known to be such; `None` where nodes do not tell.
    pub last_known_eligible_leaders: Option<Vec<i32>>,
}

impl Admin {
    /// Describes topics, each by itself.
    ///
    /// # Errors
    ///
    /// The whole request failed.
    pub async fn describe_topics(
        &self,
        topics: &[TopicSelector],
        options: DescribeTopicsOptions,
    ) -> Result<Results<TopicSelector, TopicDescription>, ClientError> {
        let by_id = topics.iter().any(|topic| matches!(topic, TopicSelector::Id(_)));
        if by_id {
            return self.describe_by_metadata(topics, options).await;
        }
        match self.describe_by_pages(topics, options).await {
            Err(error) if is_unsupported(&error) => self.describe_by_metadata(topics, options).await,
            result => result,
        }
    }

    async fn describe_by_pages(
        &self,
        topics: &[TopicSelector],
        options: DescribeTopicsOptions,
    ) -> Result<Results<TopicSelector, TopicDescription>, ClientError> {
        let mut names: Vec<KafkaString> = topics.iter().filter_map(name).collect();
        // Nodes go through them in this order, and name in their cursor where to go on.
        names.sort();
        names.dedup();
        let mut found: BTreeMap<KafkaString, Result<TopicDescription, ClientError>> = BTreeMap::new();
        let mut cursor: Option<ResponseCursor> = None;
        while !names.is_empty() {
            let request = page(&names, cursor.as_ref(), options);
            let response = self.call(&Target::Any, request, |_| ErrorCode::None).await?;
            for topic in response.topics {
                take_page(&mut found, topic, options);
            }
            let Some(next) = response.next_cursor else { break };
            if cursor.as_ref() == Some(&next) {
                break;
            }
            names.retain(|name| *name >= next.topic_name);
            cursor = Some(next);
        }
        let results = found.into_iter().map(|(name, result)| (TopicSelector::Name(name), result)).collect();
        Ok(complete(results, topics.iter().cloned(), || ErrorCode::UnknownTopicOrPartition.into()))
    }

    async fn describe_by_metadata(
        &self,
        topics: &[TopicSelector],
        options: DescribeTopicsOptions,
    ) -> Result<Results<TopicSelector, TopicDescription>, ClientError> {
        let by_id = topics.iter().any(|topic| matches!(topic, TopicSelector::Id(_)));
        let first = match (by_id, options.include_authorized_operations) {
            (true, _) => 12,
            (false, true) => 8,
            (false, false) => 4,
        };
        let request = MetadataRequest {
            topics: Some(topics.iter().map(wanted).collect()),
            allow_auto_topic_creation: false,
            include_topic_authorized_operations: options.include_authorized_operations,
            ..MetadataRequest::default()
        };
        let call = CallOptions { versions: Versions::new(first, i16::MAX), ..self.options() };
        let response = self.client.call(&Target::Any, call, |_| request.clone(), |_| ErrorCode::None).await?;
        let mut results = Results::new();
        for topic in &response.topics {
            let id = TopicSelector::Id(topic.topic_id);
            let selector = match &topic.name {
                Some(name) if !topics.contains(&id) => TopicSelector::Name(name.clone()),
                _ => id,
            };
            results.insert(selector, from_metadata(topic, options));
        }
        Ok(complete(results, topics.iter().cloned(), || ErrorCode::UnknownTopicOrPartition.into()))
    }
}

fn name(selector: &TopicSelector) -> Option<KafkaString> {
    match selector {
        TopicSelector::Name(name) => Some(name.clone()),
        TopicSelector::Id(_) => None,
    }
}

fn wanted(selector: &TopicSelector) -> MetadataRequestTopic {
    match selector {
        TopicSelector::Name(name) => {
            MetadataRequestTopic { name: Some(name.clone()), ..MetadataRequestTopic::default() }
        }
        TopicSelector::Id(id) => MetadataRequestTopic { topic_id: *id, ..MetadataRequestTopic::default() },
    }
}

fn page(
    names: &[KafkaString],
    cursor: Option<&ResponseCursor>,
    options: DescribeTopicsOptions,
) -> DescribeTopicPartitionsRequest {
    let topic = |name: &KafkaString| TopicRequest { name: name.clone(), ..TopicRequest::default() };
    DescribeTopicPartitionsRequest {
        topics: names.iter().map(topic).collect(),
        response_partition_limit: options.partitions_per_response,
        cursor: cursor.map(|cursor| RequestCursor {
            topic_name: cursor.topic_name.clone(),
            partition_index: cursor.partition_index,
            ..RequestCursor::default()
        }),
        ..DescribeTopicPartitionsRequest::default()
    }
}

/// A topic may be told of over several pages.
fn take_page(
    found: &mut BTreeMap<KafkaString, Result<TopicDescription, ClientError>>,
    topic: DescribeTopicPartitionsResponseTopic,
    options: DescribeTopicsOptions,
) {
    let Some(name) = topic.name else { return };
    if let Err(error) = outcome(topic.error_code, None) {
        found.insert(name, Err(error));
        return;
    }
    let partitions = topic.partitions.iter().map(from_page);
    if let Some(Ok(before)) = found.get_mut(&name) {
        before.partitions.extend(partitions);
        return;
    }
    let description = TopicDescription {
        name: name.clone(),
        id: topic.topic_id,
        is_internal: topic.is_internal,
        partitions: partitions.collect(),
        authorized_operations: operations(topic.topic_authorized_operations, options),
    };
    found.insert(name, Ok(description));
}

fn operations(bits: i32, options: DescribeTopicsOptions) -> Option<i32> {
    Some(bits).filter(|bits| options.include_authorized_operations && *bits != i32::MIN)
}

fn from_page(partition: &DescribeTopicPartitionsResponsePartition) -> DescribedPartition {
    DescribedPartition {
        index: partition.partition_index,
        leader: Some(partition.leader_id).filter(|id| *id >= 0),
        leader_epoch: LeaderEpoch(partition.leader_epoch),
        replicas: partition.replica_nodes.clone(),
        in_sync: partition.isr_nodes.clone(),
        offline: partition.offline_replicas.clone(),
        eligible_leaders: partition.eligible_leader_replicas.clone(),
        last_known_eligible_leaders: partition.last_known_elr.clone(),
    }
}

fn from_metadata(
    topic: &MetadataResponseTopic,
    options: DescribeTopicsOptions,
) -> Result<TopicDescription, ClientError> {
    outcome(topic.error_code, None)?;
    let partition = |partition: &MetadataResponsePartition| DescribedPartition {
        index: partition.partition_index,
        leader: Some(partition.leader_id).filter(|id| *id >= 0),
        leader_epoch: LeaderEpoch(partition.leader_epoch),
        replicas: partition.replica_nodes.clone(),
        in_sync: partition.isr_nodes.clone(),
        offline: partition.offline_replicas.clone(),
        eligible_leaders: None,
        last_known_eligible_leaders: None,
    };
    let mut partitions: Vec<_> = topic.partitions.iter().map(partition).collect();
    partitions.sort_by_key(|partition| partition.index);
    Ok(TopicDescription {
        name: topic.name.clone().unwrap_or_default(),
        id: topic.topic_id,
        is_internal: topic.is_internal,
        partitions,
        authorized_operations: operations(topic.topic_authorized_operations, options),
    })
}
