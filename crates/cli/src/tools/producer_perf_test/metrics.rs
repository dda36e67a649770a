//! The producer's metrics, under the names that Kafka's have, as far as ours counts them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ottla_client::producer::Producer;

/// Writes a table of metrics, by name.
pub(super) fn write(producer: &Producer, out: &mut dyn Write) -> io::Result<()> {
    let metrics = producer.metrics();
    let value = |counter: &ottla_client::producer::Counter| counter.value() as f64;
    let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { f64::NAN };
    let (batches, bytes) = (value(&metrics.batches_sent), value(&metrics.bytes_sent));
    let requests = value(&metrics.requests_sent);
    let latency = value(&metrics.request_latency_micros) / 1000.0;
    let queued = value(&metrics.queue_time_micros) / 1000.0;
    let memory = producer.config().buffer_memory as f64;
    let rows = [
        ("batch-size-avg", ratio(bytes, batches)),
        ("batch-split-total", value(&metrics.batches_split)),
        ("buffer-available-bytes", producer.buffer_available() as f64),
        ("buffer-total-bytes", memory),
        ("compression-rate-avg", ratio(bytes, value(&metrics.bytes_uncompressed))),
        ("record-error-total", value(&metrics.records_failed)),
        ("record-queue-time-avg", ratio(queued, batches)),
        ("record-retry-total", value(&metrics.records_retried)),
        ("record-send-total", value(&metrics.records_sent)),
        ("records-per-request-avg", ratio(value(&metrics.records_sent), requests)),
        ("request-latency-avg", ratio(latency, value(&metrics.requests_answered))),
        ("request-total", requests),
    ];
    let client = &producer.config().client.client_id;
    let named = rows.map(|(name, value)| (format!("producer-metrics:{name}:{{client-id={client}}}"), value));
    let named: BTreeMap<String, f64> = named.into();
    let width = named.keys().map(String::len).max().unwrap_or(0);
    writeln!(out, "\n{:width$}   Value", "Metric Name")?;
    for (name, value) in named {
        writeln!(out, "{name:width$} : {value:.3}")?;
    }
    Ok(())
}
