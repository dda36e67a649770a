//! What a producer counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a producer counts from its start on. Each number rises only.
#[derive(Debug, Default)]
pub struct ProducerMetrics {
    /// Records that were sent, retries included.
    pub records_sent: Counter,
    /// Records that were sent again.
    pub records_retried: Counter,
    /// Records that failed.
    pub records_failed: Counter,
    /// Batches that were sent, retries included.
    pub batches_sent: Counter,
    /// Batches that were split since they were too large for the broker.
    pub batches_split: Counter,
    /// Bytes of batches that were sent, as they went on the wire.
    pub bytes_sent: Counter,
    /// Bytes of the same batches before compression.
    pub bytes_uncompressed: Counter,
    /// Produce requests that were sent.
    pub requests_sent: Counter,
    /// Produce requests that were answered.
    pub requests_answered: Counter,
    /// Microseconds from requests to their answers, all together.
    pub request_latency_micros: Counter,
    /// Microseconds that batches waited before they were sent first, all together.
    pub queue_time_micros: Counter,
    /// Milliseconds that brokers asked to hold back, all together.
    pub throttle_millis: Counter,
    /// Sends that had to wait for buffer memory.
    pub buffer_waits: Counter,
}

/// A number that rises.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// The number now.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }
}
