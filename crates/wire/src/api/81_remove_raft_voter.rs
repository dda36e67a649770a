//! RemoveRaftVoter, API key 81.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Uuid};

/// Asks the active controller to take a voter out of the KRaft quorum (KIP-853).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 81, valid = "0", flexible = "0+")]
pub struct RemoveRaftVoterRequest {
    /// Cluster the request is meant for; null skips the check.
    #[field(nullable = "0+")]
    pub cluster_id: Option<KafkaString>,
    /// Node id of the voter to remove.
    pub voter_id: i32,
    /// Metadata log directory id of the voter to remove.
    pub voter_directory_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells whether the voter was removed (KIP-853).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 81, valid = "0", flexible = "0+")]
pub struct RemoveRaftVoterResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
