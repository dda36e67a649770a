//! What a partition's log and leader are told, from the configuration of the topic.

use std::sync::Arc;

use ottla_config::{ServerConfig, TopicConfig, Written};
use ottla_controller::image::{ConfigResource, MetadataImage};
use ottla_log::config::{CleanupPolicy, CompressionPolicy, LogConfig};
use ottla_record::{Codec, Compression, TimestampType};
use ottla_wire::KafkaString;

/// What a topic's partitions go by.
#[derive(Debug, Clone)]
pub(crate) struct TopicSettings {
    /// What their logs are told.
    pub(crate) log: Arc<LogConfig>,
    /// Replicas that must be in sync for `acks=all`.
    pub(crate) min_insync_replicas: u32,
    /// Whether the first batch of a transaction needs its coordinator's word.
    pub(crate) verifies_transactions: bool,
}

impl TopicSettings {
    /// Those of a topic with this configuration on this node.
    pub(crate) fn new(topic: &TopicConfig, node: &ServerConfig) -> Self {
        Self {
            log: Arc::new(log_config(topic, node)),
            min_insync_replicas: topic.min_insync_replicas.unsigned_abs(),
            verifies_transactions: node.keys.transaction.transaction_partition_verification_enable,
        }
    }

    /// Those of a topic with the overrides that the metadata has for it.
    pub(super) fn of_topic(image: &MetadataImage, topic: &KafkaString, node: &ServerConfig) -> Self {
        let Some(overrides) = image.configs().values(&ConfigResource::topic(topic.clone())) else {
            return Self::new(&node.topic_defaults, node);
        };
        let overrides = overrides.iter().map(|(key, value)| (key.to_string(), value.to_string()));
        match node.topic_config(&Written::from_metadata_log(overrides)) {
            Ok(config) => Self::new(&config, node),
            Err(error) => {
                tracing::error!(%topic, %error, "a topic's configuration does not hold, defaults are taken");
                Self::new(&node.topic_defaults, node)
            }
        }
    }
}

/// The configuration of a log. Keys are checked when they are set, so that no number here is out of its range.
pub(crate) fn log_config(topic: &TopicConfig, node: &ServerConfig) -> LogConfig {
    let transaction = &node.keys.transaction;
    LogConfig {
        segment_bytes: topic.segment_bytes_max().unsigned_abs(),
        segment_ms: topic.segment_ms,
        segment_jitter_ms: topic.segment_jitter_ms,
        segment_index_bytes: topic.segment_index_bytes.unsigned_abs(),
        index_interval_bytes: topic.index_interval_bytes.unsigned_abs(),
        flush_messages: topic.flush_messages,
        flush_ms: topic.flush_ms,
        retention_bytes: u64::try_from(topic.retention_bytes).ok(),
        retention_ms: (topic.retention_ms >= 0).then_some(topic.retention_ms),
        cleanup_policy: CleanupPolicy { delete: topic.deletes(), compact: topic.compacts() },
        min_compaction_lag_ms: topic.min_compaction_lag_ms,
        max_compaction_lag_ms: topic.max_compaction_lag_ms,
        min_cleanable_dirty_ratio: topic.min_cleanable_dirty_ratio,
        delete_retention_ms: topic.delete_retention_ms,
        file_delete_delay_ms: topic.file_delete_delay_ms,
        max_message_bytes: topic.max_message_bytes.unsigned_abs(),
        compression_type: compression_policy(topic),
        message_timestamp_type: match topic.stamps_at_append() {
            true => TimestampType::LogAppendTime,
            false => TimestampType::CreateTime,
        },
        message_timestamp_before_max_ms: topic.message_timestamp_before_max_ms,
        message_timestamp_after_max_ms: topic.message_timestamp_after_max_ms,
        preallocate: topic.preallocate,
        producer_id_expiration_ms: transaction.producer_id_expiration_ms.into(),
        transaction_max_timeout_ms: transaction.transaction_max_timeout_ms.into(),
    }
}

fn compression_policy(topic: &TopicConfig) -> CompressionPolicy {
    let with_level =
        |codec, level| Compression::with_level(codec, level).unwrap_or_else(|_| Compression::of(codec));
    CompressionPolicy::Topic(match topic.compression_type.as_str() {
        "gzip" => with_level(Codec::Gzip, topic.compression_gzip_level),
        "lz4" => with_level(Codec::Lz4, topic.compression_lz4_level),
        "zstd" => with_level(Codec::Zstd, topic.compression_zstd_level),
        "snappy" => Compression::of(Codec::Snappy),
        "uncompressed" => Compression::NONE,
        _ => return CompressionPolicy::Producer,
    })
}
