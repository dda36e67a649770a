//! `RegisterControllerRecord`, type 27 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Written by the active controller when a controller registers (KIP-919).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 27, valid = "0", flexible = "0+")]
pub struct RegisterControllerRecord {
    /// Node id of the controller.
    pub controller_id: i32,
    /// Random id the controller made at this start.
    pub incarnation_id: Uuid,
    /// Left over from ZooKeeper migration; false in 4.x.
    pub zk_migration_ready: bool,
    /// Listeners the controller can be reached at.
    pub end_points: Vec<ControllerEndpoint>,
    /// Feature levels the controller can run.
    pub features: Vec<ControllerFeature>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One listener of the controller.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ControllerEndpoint {
    /// Listener name, unique within the list.
    #[field(key)]
    pub name: KafkaString,
    /// Host name to connect to.
    pub host: KafkaString,
    /// TCP port to connect to.
    pub port: u16,
    /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Range of levels the controller supports for one feature.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ControllerFeature {
    /// Name of the feature, such as `metadata.version`.
    #[field(key)]
    pub name: KafkaString,
    /// Lowest level of the feature the controller can run.
    pub min_supported_version: i16,
    /// Highest level of the feature the controller can run.
    pub max_supported_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
