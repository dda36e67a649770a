//! ConsumerGroupRegularExpression, type 16 of the records of `__consumer_offsets`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Key of a resolved subscription pattern (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_key = 16, valid = "0", flexible = "none")]
pub struct ConsumerGroupRegularExpressionKey {
    /// Consumer group that uses the pattern.
    pub group_id: KafkaString,
    /// Pattern as members sent it.
    pub regular_expression: KafkaString,
}

/// Topics a subscription pattern resolved to (KIP-848).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(coordinator_value = 16, valid = "0", flexible = "0+")]
pub struct ConsumerGroupRegularExpressionValue {
    /// Names of the topics that matched.
    pub topics: Vec<KafkaString>,
    /// Metadata version the pattern was resolved against.
    pub version: i64,
    /// Unix milliseconds when the pattern was resolved.
    pub timestamp: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
