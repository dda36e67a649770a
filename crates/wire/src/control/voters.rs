//! Value of the record that sets the voters of the quorum.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Control record with the full voter set of the quorum (KIP-853).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0", flexible = "0+")]
pub struct VotersRecord {
    /// Version of this record's layout.
    pub version: i16,
    /// Every voter from here on.
    pub voters: Vec<Voter>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One voter of the quorum.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Voter {
    /// Node id of the voter.
    pub voter_id: i32,
    /// Metadata log directory id of the voter.
    pub voter_directory_id: Uuid,
    /// Controller endpoints the voter can be reached at.
    pub endpoints: Vec<Endpoint>,
    /// Range of `kraft.version` levels the voter can run.
    #[field(name = "kRaftVersionFeature")]
    pub kraft_version_feature: KRaftVersionFeature,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One endpoint of the voter.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Endpoint {
    /// Listener name, unique within the list.
    #[field(key)]
    pub name: KafkaString,
    /// Host name to connect to.
    pub host: KafkaString,
    /// TCP port to connect to.
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
