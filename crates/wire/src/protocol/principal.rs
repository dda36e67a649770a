//! A principal as a broker forwards it in an envelope, behind its version.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Principal of a forwarded request, carried in an Envelope behind an int16 version.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0", flexible = "0+")]
pub struct DefaultPrincipalData {
    /// Kind of principal, usually `User`.
    pub r#type: KafkaString,
    /// Name of the authenticated principal.
    pub name: KafkaString,
    /// Whether the client logged in with a delegation token.
    pub token_authenticated: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
