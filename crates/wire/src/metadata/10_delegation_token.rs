//! `DelegationTokenRecord`, type 10 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Written by the controller when a delegation token is issued or renewed (KIP-48).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 10, valid = "0", flexible = "0+")]
pub struct DelegationTokenRecord {
    /// Principal the token stands for.
    pub owner: KafkaString,
    /// Principal that asked for the token.
    pub requester: KafkaString,
    /// Principals besides the owner that may renew it.
    pub renewers: Vec<KafkaString>,
    /// Unix milliseconds when the token was issued.
    pub issue_timestamp: i64,
    /// Unix milliseconds after which no renewal is possible.
    pub max_timestamp: i64,
    /// Unix milliseconds when the token lapses unless renewed.
    pub expiration_timestamp: i64,
    /// Public id of the token, used as its user name.
    pub token_id: KafkaString,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
