//! BrokerHeartbeat, API key 63.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Uuid};

/// Sent regularly by a registered broker to stay in service, and to ask for unfencing or shutdown (KIP-631).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 63, valid = "0-2", flexible = "0+")]
pub struct BrokerHeartbeatRequest {
    /// Node id of the broker.
    pub broker_id: i32,
    /// Epoch the controller gave out at registration.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// Greatest metadata offset the broker has applied.
    pub current_metadata_offset: i64,
    /// Whether the broker asks to be kept out of service.
    pub want_fence: bool,
    /// Whether the broker asks to hand over leadership and stop.
    pub want_shut_down: bool,
    /// Ids of log directories that have failed (KIP-858).
    #[field(versions = "1+", tag = 0)]
    pub offline_log_dirs: Vec<Uuid>,
    /// Ids of cordoned log directories; null early in start-up (KIP-1066).
    #[field(versions = "2+", nullable = "2+", tag = 1, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The controller's view of the broker.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 63, valid = "0-2", flexible = "0+")]
pub struct BrokerHeartbeatResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Whether the broker has applied metadata up to its registration.
    pub is_caught_up: bool,
    /// Whether the broker is out of service.
    #[field(default = true)]
    pub is_fenced: bool,
    /// Whether the broker has handed over everything and may stop.
    pub should_shut_down: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
