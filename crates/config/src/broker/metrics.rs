//! Metrics of the node and of its clients.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// Metrics of the node and of its clients.
    pub struct MetricsConfig {
        /// Samples kept to compute a metric.
        metrics_num_samples: i32 = Key::int("metrics.num.samples", 2).at_least(1).low(),

        /// Milliseconds that a sample covers.
        metrics_sample_window_ms: i64 = Key::long("metrics.sample.window.ms", 30_000).at_least(1).low(),

        /// Lowest level of metrics that are recorded: INFO, DEBUG or TRACE.
        metrics_recording_level: String = Key::string("metrics.recording.level", "INFO").low(),

        /// Classes that report metrics, separated by commas.
        metric_reporters: Vec<String> =
            Key::list("metric.reporters", "org.apache.kafka.common.metrics.JmxReporter")
            .distinct()
            .low()
            .cluster_wide(),

        /// Classes that report the broker's own metrics, separated by commas.
        kafka_metrics_reporters: Vec<String> = Key::list("kafka.metrics.reporters", "").distinct().low(),

        /// Seconds between two polls by the reporters of `kafka.metrics.reporters`.
        kafka_metrics_polling_interval_secs: i32 = Key::int("kafka.metrics.polling.interval.secs", 10)
            .at_least(1)
            .low(),

        /// Largest push of metrics accepted from a client, in bytes after decompression (KIP-714).
        telemetry_max_bytes: i32 = Key::int("telemetry.max.bytes", 1_048_576).at_least(1).low(),

        /// Where metrics are served over HTTP to Prometheus, as `HOST:PORT`; nowhere if it is not set. Kafka has no such key.
        ottla_metrics_listener: Option<String> = Key::optional(Type::String, "ottla.metrics.listener").internal(),
    }
}
