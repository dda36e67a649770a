//! GetTelemetrySubscriptions, API key 71.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Uuid};

/// Sent by a client to learn which metrics the cluster wants from it (KIP-714).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 71, valid = "0", flexible = "0+")]
pub struct GetTelemetrySubscriptionsRequest {
    /// Id of this client instance; all zeros to be given one.
    pub client_instance_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// What the client should measure and how to push it (KIP-714).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 71, valid = "0", flexible = "0+")]
pub struct GetTelemetrySubscriptionsResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// New id when the client sent zeros, otherwise zeros.
    pub client_instance_id: Uuid,
    /// Fingerprint of the subscription, to be sent with every push.
    pub subscription_id: i32,
    /// Codec ids the broker can unpack, most preferred first.
    pub accepted_compression_types: Vec<i8>,
    /// Milliseconds to leave between two pushes.
    pub push_interval_ms: i32,
    /// Largest payload in bytes one push may carry.
    pub telemetry_max_bytes: i32,
    /// Whether counters are sent as differences instead of running totals.
    pub delta_temporality: bool,
    /// Metric name prefixes wanted; none for nothing, one empty string for everything.
    pub requested_metrics: Vec<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
