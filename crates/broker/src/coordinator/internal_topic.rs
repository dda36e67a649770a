//! The topic that groups are kept in, created when somebody first asks for a coordinator.

use std::sync::Arc;

use ottla_config::ServerConfig;
use ottla_wire::api::create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use ottla_wire::{ErrorCode, KafkaString};

use crate::broker::Broker;

/// The topic that groups and their offsets are kept in.
pub(crate) const CONSUMER_OFFSETS: &str = "__consumer_offsets";

/// Milliseconds that the controller may take to create the topic.
const CREATE_TIMEOUT_MS: i32 = 30_000;

/// Asks the controller to create the topic of groups, unless it is there. Many may ask at once; one is heard.
pub(crate) async fn create_consumer_offsets(broker: &Arc<Broker>) {
    let _one_at_a_time = broker.groups.creating().await;
    if broker.metadata.peek().topics().topic_by_name(CONSUMER_OFFSETS).is_some() {
        return;
    }
    let request = CreateTopicsRequest {
        topics: vec![consumer_offsets(&broker.config)],
        timeout_ms: CREATE_TIMEOUT_MS,
        ..CreateTopicsRequest::default()
    };
    let response = match broker.controller.create_topics(request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(topic = CONSUMER_OFFSETS, %error, "cannot create the topic of groups");
            return;
        }
    };
    for result in response.topics {
        match ErrorCode::from(result.error_code) {
            ErrorCode::None => tracing::info!(topic = CONSUMER_OFFSETS, "the topic of groups is created"),
            ErrorCode::TopicAlreadyExists => {}
            error => {
                let message = result.error_message.unwrap_or_default();
                tracing::warn!(topic = CONSUMER_OFFSETS, %error, %message, "cannot create the topic of groups");
            }
        }
    }
}

fn consumer_offsets(config: &ServerConfig) -> CreatableTopic {
    let keys = &config.keys.group_coordinator;
    let configs = vec![
        topic_config("cleanup.policy", "compact"),
        topic_config("segment.bytes", &keys.offsets_topic_segment_bytes.to_string()),
        // The coordinator compresses, as `offsets.topic.compression.codec` says.
        topic_config("compression.type", "producer"),
    ];
    CreatableTopic {
        name: KafkaString::from_static(CONSUMER_OFFSETS),
        num_partitions: keys.offsets_topic_num_partitions,
        replication_factor: keys.offsets_topic_replication_factor,
        configs,
        ..CreatableTopic::default()
    }
}

fn topic_config(name: &'static str, value: &str) -> CreatableTopicConfig {
    CreatableTopicConfig {
        name: KafkaString::from_static(name),
        value: Some(value.into()),
        ..CreatableTopicConfig::default()
    }
}
