//! What the workers of a Kafka Connect cluster tell each other in their group, each behind its version.
//!
//! Version 0 stops all work at every rebalance. Version 1 keeps it running where it can (KIP-415); version 2 is
//! the same with signed requests between workers (KIP-507). Kafka builds these by hand, not from a schema.

use bytes::Bytes;

use crate::{KafkaString, Message, Struct};

/// What a worker says of itself when it joins: the metadata of its group protocol.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0-2", flexible = "none")]
pub struct ConnectWorkerState {
    /// Where the worker's REST interface is reached.
    pub url: KafkaString,
    /// How far the worker has read the topic of connector configs.
    pub config_offset: i64,
    /// The [`ConnectAssignment`] it works on, behind its version; null for none.
    #[field(versions = "1+", nullable = "1+", default = null, ignorable)]
    pub allocation: Option<Bytes>,
}

/// What the leader gives a worker to do.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0-2", flexible = "none")]
pub struct ConnectAssignment {
    /// 0, or 1 if the workers have read different configs and must read on before they join again.
    pub error: i16,
    /// Member id of the leader.
    pub leader: KafkaString,
    /// Where the leader's REST interface is reached.
    pub leader_url: KafkaString,
    /// How far the topic of connector configs had been read when the work was shared out.
    pub config_offset: i64,
    /// What to run.
    #[field(nullable = "1+")]
    pub assignment: Option<Vec<ConnectorAssignment>>,
    /// What to stop running.
    #[field(versions = "1+", nullable = "1+", ignorable)]
    pub revoked: Option<Vec<ConnectorAssignment>>,
    /// Milliseconds until the work of a lost worker is given to others, should it not come back.
    #[field(versions = "1+", ignorable)]
    pub delay: i32,
}

/// Work on one connector.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ConnectorAssignment {
    /// Name of the connector.
    pub connector: KafkaString,
    /// Numbers of its tasks; -1 stands for the connector itself.
    pub tasks: Vec<i32>,
}
