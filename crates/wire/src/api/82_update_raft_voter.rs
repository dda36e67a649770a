//! UpdateRaftVoter, API key 82.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a voter to the quorum leader when its endpoints or supported `kraft.version` range change
/// (KIP-853).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 82, valid = "0", flexible = "0+")]
pub struct UpdateRaftVoterRequest {
    /// Cluster the request is meant for; null skips the check.
    #[field(nullable = "0+")]
    pub cluster_id: Option<KafkaString>,
    /// Quorum epoch as the voter knows it, -1 when unknown.
    pub current_leader_epoch: i32,
    /// Node id of the voter that changed.
    pub voter_id: i32,
    /// Metadata log directory id of that voter.
    pub voter_directory_id: Uuid,
    /// All endpoints the voter can be reached at from now on.
    pub listeners: Vec<Listener>,
    /// Range of `kraft.version` levels the voter can run.
    #[field(name = "kRaftVersionFeature")]
    pub kraft_version_feature: KRaftVersionFeature,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One endpoint of the voter.
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

/// Range of `kraft.version` levels a voter can run.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct KRaftVersionFeature {
    /// Lowest `kraft.version` level the node can run.
    pub min_supported_version: i16,
    /// Highest `kraft.version` level the node can run.
    pub max_supported_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells whether the voter's entry was updated, and who leads the quorum (KIP-853).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 82, valid = "0", flexible = "0+")]
pub struct UpdateRaftVoterResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Leader of the quorum as this node knows it.
    #[field(tag = 0)]
    pub current_leader: CurrentLeader,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Quorum leader and where to reach it.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct CurrentLeader {
    /// Node id of the leader, -1 when not known.
    #[field(default = -1)]
    pub leader_id: i32,
    /// Latest quorum epoch seen, -1 when not known.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Host name of the leader.
    pub host: KafkaString,
    /// TCP port of the leader.
    pub port: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
