//! Counters of a topic, as Kafka's `BrokerTopicMetrics` names them.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it has come to.
    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! topic_metrics {
    ($($(#[$doc:meta])+ $field:ident = $name:literal,)+) => {
        /// What one topic has seen on this node since it started.
        #[derive(Debug, Default)]
        pub(crate) struct TopicMetrics {
            $($(#[$doc])+ pub(crate) $field: Counter,)+
        }

        impl TopicMetrics {
            /// Each counter with the name of its Kafka metric, under `kafka.server:type=BrokerTopicMetrics`.
            pub(crate) fn counters(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$(($name, self.$field.value()),)+].into_iter()
            }

            /// Adds what another topic has seen.
            pub(super) fn add(&self, other: &Self) {
                $(self.$field.add(other.$field.value());)+
            }
        }
    };
}

topic_metrics! {
    /// Records appended for producers.
    messages_in = "MessagesInPerSec",
    /// Bytes appended for producers.
    bytes_in = "BytesInPerSec",
    /// Bytes sent to consumers.
    bytes_out = "BytesOutPerSec",
    /// Bytes of batches refused for their size.
    bytes_rejected = "BytesRejectedPerSec",
    /// Partitions that produce requests named.
    total_produce_requests = "TotalProduceRequestsPerSec",
    /// Partitions whose produce failed in a way that is not the client's everyday.
    failed_produce_requests = "FailedProduceRequestsPerSec",
    /// Partitions that fetch requests read.
    total_fetch_requests = "TotalFetchRequestsPerSec",
    /// Partitions whose fetch failed in a way that is not the client's everyday.
    failed_fetch_requests = "FailedFetchRequestsPerSec",
    /// Batches refused because a compacted topic needs keys.
    no_key_compacted_topic_records = "NoKeyCompactedTopicRecordsPerSec",
    /// Batches of an unknown magic or a broken frame.
    invalid_magic_number_records = "InvalidMagicNumberRecordsPerSec",
    /// Batches whose checksum does not hold.
    invalid_message_crc_records = "InvalidMessageCrcRecordsPerSec",
    /// Batches whose offsets or sequences do not follow each other.
    invalid_offset_or_sequence_records = "InvalidOffsetOrSequenceRecordsPerSec",
}
