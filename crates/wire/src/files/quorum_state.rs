//! The file `quorum-state`, which holds this message as JSON.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Content of the `quorum-state` file, the node's election state (KIP-595).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0-1", flexible = "0+")]
pub struct QuorumStateData {
    /// Cluster id; v0 alone, usually empty.
    #[field(versions = "0")]
    pub cluster_id: KafkaString,
    /// Node id of the leader known, -1 for none.
    #[field(default = -1)]
    pub leader_id: i32,
    /// Highest quorum epoch seen, -1 for none.
    #[field(default = -1)]
    pub leader_epoch: i32,
    /// Node voted for in this epoch, -1 for none.
    #[field(default = -1)]
    pub voted_id: i32,
    /// Directory id of the node voted for, zeros for none.
    #[field(versions = "1+")]
    pub voted_directory_id: Uuid,
    /// Unused and 0; v0 alone.
    #[field(versions = "0")]
    pub applied_offset: i64,
    /// Static voter set; v0 alone, null when not recorded.
    #[field(versions = "0", nullable = "0")]
    pub current_voters: Option<Vec<Voter>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One voter of the static set.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Voter {
    /// Node id of the voter.
    pub voter_id: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
