//! Metadata, versions 0 to 13: brokers, topics, partitions and their leaders, as clients of the asking listener reach them.
//!
//! A topic that is missing is created if client and configuration want that. Kafka answers that it is unknown and leaves it to the
//! client to ask again; here the answer waits until the topic is there.
//!
//! Missing: authorization, quotas of topic creation.

use std::collections::BTreeSet;
use std::sync::Arc;

use ottla_controller::image::{MetadataImage, PartitionRegistration, TopicImage};
use ottla_controller::topic_name_fault;
use ottla_wire::api::metadata::{
    MetadataRequest, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition,
    MetadataResponseTopic,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::cluster_view::{ClusterView, VisibleBroker};
use super::{RequestContext, authorized_operations};
use crate::broker::Broker;
use crate::metadata::auto_create::create_missing_topics;
use crate::partitions::INTERNAL_TOPICS;

/// Since this version topics can be asked for by id.
const TOPIC_ID_VERSION_MIN: i16 = 12;
/// Up to this version replicas without a reachable broker are an error, not only left out.
const UNAVAILABLE_REPLICAS_VERSION_MAX: i16 = 0;
/// Since this version a leader without the listener has an error of its own.
const LISTENER_NOT_FOUND_VERSION_MIN: i16 = 6;
/// Since this version a client may ask what it may do.
const AUTHORIZED_OPERATIONS_VERSION_MIN: i16 = 8;

/// What was asked for.
enum Asked {
    All,
    Names(Vec<KafkaString>),
    Ids(Vec<Uuid>),
}

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: MetadataRequest,
) -> MetadataResponse {
    let version = context.api_version;
    if is_malformed(&request, version) {
        return refused(&request);
    }
    let asked = asked(&request, version);
    // From before any topic is made for it: as on Kafka, who asks for a topic that is not there is told so, and finds it when
    // it asks again.
    let image = broker.metadata.image();
    if let Asked::Names(names) = &asked
        && request.allow_auto_topic_creation
        && broker.dynamic_config.peek().keys.log.auto_create_topics_enable
    {
        create_missing_topics(broker, names).await;
    }
    let listener = context.connection.endpoint.listener.as_str();
    let view = ClusterView { image: &image, listener };
    let answer = Answer { view, version };
    let mut topics = answer.topics(&asked);
    if version >= AUTHORIZED_OPERATIONS_VERSION_MIN && request.include_topic_authorized_operations {
        for topic in &mut topics {
            topic.topic_authorized_operations = authorized_operations::TOPIC;
        }
    }
    let cluster_authorized_operations = match request.include_cluster_authorized_operations {
        true => authorized_operations::CLUSTER,
        false => authorized_operations::NOT_ASKED,
    };
    MetadataResponse {
        brokers: view.alive_brokers().map(|broker| broker_of(&broker)).collect(),
        cluster_id: Some(broker.cluster_id.clone()),
        controller_id: view.controller_id(broker.config.node_id),
        topics,
        cluster_authorized_operations,
        ..MetadataResponse::default()
    }
}

fn is_malformed(request: &MetadataRequest, version: i16) -> bool {
    let mut topics = request.topics.iter().flatten();
    version < TOPIC_ID_VERSION_MIN && topics.any(|topic| topic.name.is_none() || !topic.topic_id.is_zero())
}

/// The answer to a request that breaks its version's rules.
fn refused(request: &MetadataRequest) -> MetadataResponse {
    let topics = request.topics.iter().flatten().map(|topic| MetadataResponseTopic {
        error_code: ErrorCode::InvalidRequest.number(),
        name: Some(topic.name.clone().unwrap_or_default()),
        topic_id: topic.topic_id,
        ..MetadataResponseTopic::default()
    });
    MetadataResponse { topics: topics.collect(), ..MetadataResponse::default() }
}

fn asked(request: &MetadataRequest, version: i16) -> Asked {
    let Some(topics) = &request.topics else { return Asked::All };
    if version == 0 && topics.is_empty() {
        return Asked::All;
    }
    let ids: BTreeSet<Uuid> = topics.iter().map(|topic| topic.topic_id).filter(|id| !id.is_zero()).collect();
    if !ids.is_empty() {
        return Asked::Ids(ids.into_iter().collect());
    }
    let mut seen = BTreeSet::new();
    let names = topics.iter().filter_map(|topic| topic.name.clone());
    Asked::Names(names.filter(|name| seen.insert(name.clone())).collect())
}

fn broker_of(broker: &VisibleBroker<'_>) -> MetadataResponseBroker {
    MetadataResponseBroker {
        node_id: broker.registration.id,
        host: broker.host(),
        port: broker.port(),
        rack: broker.registration.rack.clone(),
        ..MetadataResponseBroker::default()
    }
}

/// Answers at one version.
struct Answer<'a> {
    view: ClusterView<'a>,
    version: i16,
}

impl Answer<'_> {
    fn topics(&self, asked: &Asked) -> Vec<MetadataResponseTopic> {
        let image: &MetadataImage = self.view.image;
        match asked {
            Asked::All => image.topics().iter().map(|topic| self.topic(topic)).collect(),
            Asked::Names(names) => names
                .iter()
                .map(|name| match image.topics().topic_by_name(name) {
                    Some(topic) => self.topic(topic),
                    None => missing(name),
                })
                .collect(),
            Asked::Ids(ids) => ids
                .iter()
                .map(|&id| match image.topics().topic(id) {
                    Some(topic) => self.topic(topic),
                    None => MetadataResponseTopic {
                        error_code: ErrorCode::UnknownTopicId.number(),
                        name: None,
                        topic_id: id,
                        ..MetadataResponseTopic::default()
                    },
                })
                .collect(),
        }
    }

    fn topic(&self, topic: &TopicImage) -> MetadataResponseTopic {
        let partitions = topic.partitions.iter();
        MetadataResponseTopic {
            name: Some(topic.name.clone()),
            topic_id: topic.id,
            is_internal: INTERNAL_TOPICS.contains(&topic.name.as_str()),
            partitions: partitions.map(|(&index, partition)| self.partition(index, partition)).collect(),
            ..MetadataResponseTopic::default()
        }
    }

    fn partition(&self, index: i32, partition: &PartitionRegistration) -> MetadataResponsePartition {
        let (replica_nodes, isr_nodes) = (self.nodes(&partition.replicas), self.nodes(&partition.isr));
        let is_incomplete =
            replica_nodes.len() < partition.replicas.len() || isr_nodes.len() < partition.isr.len();
        let (leader_id, error) = match self.view.leader(partition) {
            Ok(leader) if is_incomplete => (leader, ErrorCode::ReplicaNotAvailable),
            Ok(leader) => (leader, ErrorCode::None),
            Err(ErrorCode::ListenerNotFound) if self.version < LISTENER_NOT_FOUND_VERSION_MIN => {
                (-1, ErrorCode::LeaderNotAvailable)
            }
            Err(error) => (-1, error),
        };
        MetadataResponsePartition {
            error_code: error.number(),
            partition_index: index,
            leader_id,
            leader_epoch: partition.leader_epoch.0,
            replica_nodes,
            isr_nodes,
            offline_replicas: self.view.offline_replicas(partition),
            ..MetadataResponsePartition::default()
        }
    }

    /// Brokers of a partition, in version 0 only those that can be reached.
    fn nodes(&self, nodes: &[i32]) -> Vec<i32> {
        let is_shown = |&&node: &&i32| {
            self.version > UNAVAILABLE_REPLICAS_VERSION_MAX || self.view.broker(node).is_some()
        };
        nodes.iter().filter(is_shown).copied().collect()
    }
}

fn missing(name: &KafkaString) -> MetadataResponseTopic {
    let error = match topic_name_fault(name) {
        None => ErrorCode::UnknownTopicOrPartition,
        Some(_) => ErrorCode::InvalidTopicException,
    };
    MetadataResponseTopic {
        error_code: error.number(),
        name: Some(name.clone()),
        is_internal: INTERNAL_TOPICS.contains(&name.as_str()),
        ..MetadataResponseTopic::default()
    }
}
