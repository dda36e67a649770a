//! BrokerRegistration, API key 62.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a starting broker to enrol with the active controller (KIP-631).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 62, valid = "0-4", flexible = "0+")]
pub struct BrokerRegistrationRequest {
    /// Node id of the broker.
    pub broker_id: i32,
    /// Cluster id found in the broker's log directories.
    pub cluster_id: KafkaString,
    /// Random id of this run of the process.
    pub incarnation_id: Uuid,
    /// Addresses on which the broker serves.
    pub listeners: Vec<Listener>,
    /// Feature levels the broker supports.
    pub features: Vec<Feature>,
    /// Rack of the broker; null if none is configured.
    #[field(nullable = "0+")]
    pub rack: Option<KafkaString>,
    /// Whether it takes part in a ZooKeeper migration; false in 4.x.
    #[field(versions = "1+")]
    pub is_migrating_zk_broker: bool,
    /// Ids of the log directories that are online (KIP-858).
    #[field(versions = "2+", ignorable)]
    pub log_dirs: Vec<Uuid>,
    /// Epoch before a clean shutdown; -1 after an unclean one (KIP-966).
    #[field(versions = "3+", default = -1, ignorable)]
    pub previous_broker_epoch: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One listener of the broker.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Listener {
    /// Listener name, for instance `PLAINTEXT`.
    #[field(key)]
    pub name: KafkaString,
    /// Host name or IP address to connect to.
    pub host: KafkaString,
    /// TCP port clients should connect to.
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Levels of one feature that the broker supports.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Feature {
    /// Feature name, for instance `metadata.version`.
    #[field(key)]
    pub name: KafkaString,
    /// Lowest level the broker supports.
    pub min_supported_version: i16,
    /// Highest level the broker supports.
    pub max_supported_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Gives the broker its epoch, or turns it away.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 62, valid = "0-4", flexible = "0+")]
pub struct BrokerRegistrationResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Epoch for later requests; -1 if registration failed.
    #[field(default = -1)]
    pub broker_epoch: i64,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
