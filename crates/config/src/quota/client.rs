//! Quotas of users and client ids.

use crate::key::Key;
use crate::section::section;

section! {
    /// Quotas of users and client ids.
    pub struct ClientQuotaConfig {
        /// Most bytes per second that may be produced before the client is throttled.
        producer_byte_rate: i64 = Key::long("producer_byte_rate", i64::MAX),

        /// Most bytes per second that may be fetched before the client is throttled.
        consumer_byte_rate: i64 = Key::long("consumer_byte_rate", i64::MAX),

        /// Most per cent of one thread's time that requests may take before the client is throttled.
        request_percentage: f64 = Key::double("request_percentage", i32::MAX as f64),

        /// Most partitions per second that may be created or deleted before requests are throttled (KIP-599).
        controller_mutation_rate: f64 = Key::double("controller_mutation_rate", i32::MAX as f64),
    }
}
