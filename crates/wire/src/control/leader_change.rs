//! Value of the record with which a quorum leader opens its epoch.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Struct, Uuid};

/// Control record a new quorum leader writes first in its epoch (KIP-595).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0-1", flexible = "0+")]
pub struct LeaderChangeMessage {
    /// Version of this record's layout.
    pub version: i16,
    /// Node id of the leader elected.
    pub leader_id: i32,
    /// All voters at the time of the election.
    pub voters: Vec<Voter>,
    /// Voters that voted for the leader, itself included.
    pub granting_voters: Vec<Voter>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One voter of the quorum.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Voter {
    /// Node id of the voter.
    pub voter_id: i32,
    /// Metadata log directory id of the voter, zeros when unknown.
    #[field(versions = "1+")]
    pub voter_directory_id: Uuid,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
