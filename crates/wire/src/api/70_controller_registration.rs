//! ControllerRegistration, API key 70.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Sent by a controller to tell the active one its endpoints and features (KIP-919).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 70, valid = "0", flexible = "0+")]
pub struct ControllerRegistrationRequest {
    /// Node id of the controller that registers.
    pub controller_id: i32,
    /// Random id made at each start of the process.
    pub incarnation_id: Uuid,
    /// Left over from ZooKeeper migration; false in 4.x.
    pub zk_migration_ready: bool,
    /// Endpoints the controller can be reached at.
    pub listeners: Vec<Listener>,
    /// Feature levels the controller can run.
    pub features: Vec<Feature>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One endpoint of the controller.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Listener {
    /// Listener name, unique within the list.
    #[field(key)]
    pub name: KafkaString,
    /// Host name peers connect to.
    pub host: KafkaString,
    /// TCP port peers connect to.
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Range of levels supported for one feature.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct Feature {
    /// Name of the feature, such as `metadata.version`.
    #[field(key)]
    pub name: KafkaString,
    /// Lowest level of the feature the node can run.
    pub min_supported_version: i16,
    /// Highest level of the feature the node can run.
    pub max_supported_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells the controller whether its registration was taken (KIP-919).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 70, valid = "0", flexible = "0+")]
pub struct ControllerRegistrationResponse {
    /// Milliseconds the client should pause for a quota breach, 0 for none.
    pub throttle_time_ms: i32,
    /// Error code for the request as a whole, 0 on success.
    pub error_code: i16,
    /// Human-readable reason for the error code, null on success.
    #[field(nullable = "0+")]
    pub error_message: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
