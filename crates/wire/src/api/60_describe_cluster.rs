//! DescribeCluster, API key 60.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Asks for the nodes of the cluster: brokers, or controllers when sent to one (KIP-700, KIP-919).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 60, valid = "0-2", flexible = "0+")]
pub struct DescribeClusterRequest {
    /// Whether to report what the client may do to the cluster.
    pub include_cluster_authorized_operations: bool,
    /// 1 to list brokers, 2 to list controllers.
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    /// Whether to list fenced brokers too (KIP-1073).
    #[field(versions = "2+")]
    pub include_fenced_brokers: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// The nodes of the cluster and their addresses.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 60, valid = "0-2", flexible = "0+")]
pub struct DescribeClusterResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// 0 on success, otherwise a protocol error code.
    pub error_code: i16,
    /// Human-readable detail for the error; null when there is none.
    #[field(nullable = "0+", default = null)]
    pub error_message: Option<KafkaString>,
    /// 1 when brokers are listed, 2 when controllers are.
    #[field(versions = "1+", default = 1)]
    pub endpoint_type: i8,
    /// Id of the cluster.
    pub cluster_id: KafkaString,
    /// Active controller, or any live broker to ask; -1 if none.
    #[field(default = -1)]
    pub controller_id: i32,
    /// Nodes of the type asked for.
    pub brokers: Vec<DescribeClusterBroker>,
    /// Bit set of allowed cluster operations; lowest int32 when not asked for.
    #[field(default = -0x8000_0000)]
    pub cluster_authorized_operations: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One broker or controller.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct DescribeClusterBroker {
    /// Node id of the broker or controller.
    #[field(key)]
    pub broker_id: i32,
    /// Host name or IP address to connect to.
    pub host: KafkaString,
    /// TCP port of that endpoint.
    pub port: i32,
    /// Rack of the node; null if none is configured.
    #[field(nullable = "0+", default = null)]
    pub rack: Option<KafkaString>,
    /// Whether the controller keeps the broker out of service.
    #[field(versions = "2+")]
    pub is_fenced: bool,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
