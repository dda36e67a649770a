//! A subscription to metrics of clients (KIP-714).

use crate::key::Key;
use crate::section::section;

section! {
    /// A subscription to metrics of clients (KIP-714).
    pub struct ClientMetricsConfig {
        /// Prefixes of the metrics that clients push, separated by commas; `*` for all. Empty: none.
        metrics: Vec<String> = Key::list("metrics", "").distinct(),

        /// Milliseconds between two pushes, from 100 to 3600000.
        interval_ms: i32 = Key::int("interval.ms", 300_000),

        /// Clients that are meant, as `ATTRIBUTE=PATTERN` separated by commas, all of which must match. Empty:
        /// all clients.
        matches: Vec<String> = Key::list("match", "").distinct(),
    }
}
