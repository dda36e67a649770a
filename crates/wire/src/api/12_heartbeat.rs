//! Heartbeat, API key 12.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Sent regularly by a classic group member to keep its session alive and to hear of rebalances (static
/// members: KIP-345).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 12, valid = "0-4", flexible = "4+")]
pub struct HeartbeatRequest {
    /// Group the member is in.
    pub group_id: KafkaString,
    /// Generation the member last joined.
    pub generation_id: i32,
    /// Id of the member.
    pub member_id: KafkaString,
    /// Static member name; null for a dynamic member.
    #[field(versions = "3+", nullable = "3+", default = null)]
    pub group_instance_id: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Confirms a classic member's session or tells it to rejoin.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 12, valid = "0-4", flexible = "4+")]
pub struct HeartbeatResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// 0 to carry on; `REBALANCE_IN_PROGRESS` asks the member to rejoin.
    pub error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
