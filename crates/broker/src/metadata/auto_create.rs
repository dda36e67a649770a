//! Topics that come into being because somebody asked for them.

use std::sync::Arc;

use ottla_config::ServerConfig;
use ottla_controller::topic_name_fault;
use ottla_wire::api::create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use ottla_wire::{ErrorCode, KafkaString};

use crate::broker::Broker;
use crate::coordinator::{CONSUMER_OFFSETS, TRANSACTION_STATE};

const SHARE_GROUP_STATE: &str = "__share_group_state";

/// Creates those of the topics that are missing and may exist, and waits until they are there. What is not created is not found
/// afterwards; why goes to the log.
pub(crate) async fn create_missing_topics(broker: &Arc<Broker>, names: &[KafkaString]) {
    let missing: Vec<CreatableTopic> = {
        let image = broker.metadata.peek();
        let config = broker.dynamic_config.peek();
        let is_missing =
            |name: &&KafkaString| image.topics().topic_id(name).is_none() && topic_name_fault(name).is_none();
        names.iter().filter(is_missing).map(|name| creatable_topic(name, &config)).collect()
    };
    if missing.is_empty() {
        return;
    }
    let request = CreateTopicsRequest { topics: missing, ..CreateTopicsRequest::default() };
    let Ok(response) = broker.controller.create_topics(request).await else { return };
    for topic in response.topics {
        match ErrorCode::from_number(topic.error_code) {
            Some(ErrorCode::None) => {
                tracing::info!(topic = %topic.name, "created because somebody asked for it")
            }
            // Another request was quicker.
            Some(ErrorCode::TopicAlreadyExists) => {}
            error => {
                let reason = topic.error_message.unwrap_or_default();
                tracing::warn!(topic = %topic.name, ?error, %reason, "not created, though somebody asked for it");
            }
        }
    }
}

/// A topic with what the configuration says of such ones; internal topics have keys of their own.
fn creatable_topic(name: &KafkaString, config: &ServerConfig) -> CreatableTopic {
    let keys = &config.keys;
    let (num_partitions, replication_factor, configs) = match name.as_str() {
        CONSUMER_OFFSETS => {
            let keys = &keys.group_coordinator;
            let configs = internal("producer", keys.offsets_topic_segment_bytes);
            (keys.offsets_topic_num_partitions, keys.offsets_topic_replication_factor, configs)
        }
        TRANSACTION_STATE => {
            let keys = &keys.transaction;
            let mut configs = internal("uncompressed", keys.transaction_state_log_segment_bytes);
            configs.push(topic_config("unclean.leader.election.enable", "false"));
            let min_isr = keys.transaction_state_log_min_isr.to_string();
            configs.push(topic_config("min.insync.replicas", &min_isr));
            (
                keys.transaction_state_log_num_partitions,
                keys.transaction_state_log_replication_factor,
                configs,
            )
        }
        SHARE_GROUP_STATE => {
            let keys = &keys.share_coordinator;
            let segment_bytes = keys.share_coordinator_state_topic_segment_bytes.to_string();
            let min_isr = keys.share_coordinator_state_topic_min_isr.to_string();
            let configs = vec![
                topic_config("cleanup.policy", "delete"),
                topic_config("compression.type", "producer"),
                topic_config("segment.bytes", &segment_bytes),
                topic_config("min.insync.replicas", &min_isr),
                topic_config("retention.ms", "-1"),
            ];
            let replication_factor = keys.share_coordinator_state_topic_replication_factor;
            (keys.share_coordinator_state_topic_num_partitions, replication_factor, configs)
        }
        _ => {
            let replication_factor = keys.replication.default_replication_factor;
            (keys.log.num_partitions, i16::try_from(replication_factor).unwrap_or(i16::MAX), Vec::new())
        }
    };
    CreatableTopic {
        name: name.detach(),
        num_partitions,
        replication_factor,
        configs,
        ..CreatableTopic::default()
    }
}

/// What internal topics of coordinators have in common: only the last record of each key counts.
fn internal(compression_type: &str, segment_bytes: i32) -> Vec<CreatableTopicConfig> {
    vec![
        topic_config("cleanup.policy", "compact"),
        topic_config("compression.type", compression_type),
        topic_config("segment.bytes", &segment_bytes.to_string()),
    ]
}

fn topic_config(name: &str, value: &str) -> CreatableTopicConfig {
    CreatableTopicConfig {
        name: KafkaString::from(name),
        value: Some(KafkaString::from(value)),
        ..CreatableTopicConfig::default()
    }
}
