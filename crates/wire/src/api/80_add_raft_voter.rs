//! AddRaftVoter, API key 80.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Asks the active controller to make a controller a voter of the KRaft quorum (KIP-853; early
/// acknowledgement KIP-1186).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 80, valid = "0-1", flexible = "0+")]
pub struct AddRaftVoterRequest {
    /// Cluster the request is meant for; null skips the check.
    #[field(nullable = "0+")]
    pub cluster_id: Option<KafkaString>,
    /// Milliseconds the leader may take before giving up.
    pub timeout_ms: i32,
    /// Node id of the new voter.
    pub voter_id: i32,
    /// Metadata log directory id of the new voter.
    pub voter_directory_id: Uuid,
    /// Controller endpoints the new voter can be reached at.
    pub listeners: Vec<Listener>,
    /// Whether to answer after the commit instead of the local append.
    #[field(versions = "1+", default = true)]
    pub ack_when_committed: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One endpoint of the new voter.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Listener {
    /// Listener name, unique within the list.
    #[field(key)]
    pub name: KafkaString,
    /// Host name peers connect to.
    pub host: KafkaString,
    /// TCP port peers connect to.
    pub port: u16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells whether the voter was added (KIP-853).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 80, valid = "0-1", flexible = "0+")]
pub struct AddRaftVoterResponse {
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
