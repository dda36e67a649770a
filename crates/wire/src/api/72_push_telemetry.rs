//! PushTelemetry, API key 72.

use bytes::Bytes;

use crate::codec::UnknownTaggedFields;
use crate::{Message, Uuid};

/// Sent by a client to deliver its metrics (KIP-714).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 72, valid = "0", flexible = "0+")]
pub struct PushTelemetryRequest {
    /// Id given out with the subscription.
    pub client_instance_id: Uuid,
    /// Fingerprint of the subscription the metrics were gathered for.
    pub subscription_id: i32,
    /// Whether this is the last push before the client stops.
    pub terminating: bool,
    /// Codec id the payload is packed with, 0 for none.
    pub compression_type: i8,
    /// Payload in OTLP `MetricsData` v1 protobuf, compressed as stated.
    pub metrics: Bytes,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells the client whether its metrics were taken (KIP-714).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 72, valid = "0", flexible = "0+")]
pub struct PushTelemetryResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
