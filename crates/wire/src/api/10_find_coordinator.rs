//! FindCoordinator, API key 10.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Sent to any broker to find the coordinator of a group, transactional id or share partition; several keys
/// at once from version 4 (KIP-699).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 10, valid = "0-6", flexible = "3+")]
pub struct FindCoordinatorRequest {
    /// Group or transactional id to locate, up to version 3.
    #[field(versions = "0-3")]
    pub key: KafkaString,
    /// 0 for group, 1 for transaction, 2 for share partition (KIP-932).
    #[field(versions = "1+")]
    pub key_type: i8,
    /// Keys to locate, from version 4; share keys read `groupId:topicId:partition`.
    #[field(versions = "4+")]
    pub coordinator_keys: Vec<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Names the broker that coordinates each key.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 10, valid = "0-6", flexible = "3+")]
pub struct FindCoordinatorResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    #[field(versions = "1+", ignorable)]
    pub throttle_time_ms: i32,
    /// 0, or why no coordinator was found, up to version 3.
    #[field(versions = "0-3")]
    pub error_code: i16,
    /// Detail of that error up to version 3; null for none.
    #[field(versions = "1-3", nullable = "1-3", ignorable)]
    pub error_message: Option<KafkaString>,
    /// Broker id of the coordinator, up to version 3.
    #[field(versions = "0-3")]
    pub node_id: i32,
    /// Host name of the coordinator, up to version 3.
    #[field(versions = "0-3")]
    pub host: KafkaString,
    /// TCP port of the coordinator, up to version 3.
    #[field(versions = "0-3")]
    pub port: i32,
    /// Result for each key, from version 4.
    #[field(versions = "4+")]
    pub coordinators: Vec<Coordinator>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The coordinator of one key.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Coordinator {
    /// Key this entry answers.
    pub key: KafkaString,
    /// Broker id of the coordinator; -1 after an error.
    pub node_id: i32,
    /// Host name of the coordinator; empty after an error.
    pub host: KafkaString,
    /// TCP port of the coordinator; -1 after an error.
    pub port: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "4+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
