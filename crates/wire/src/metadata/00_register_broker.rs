//! `RegisterBrokerRecord`, type 0 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct, Uuid};

/// Written by the controller when a broker registers.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 0, valid = "0-4", flexible = "0+")]
pub struct RegisterBrokerRecord {
    /// Node id of the broker.
    pub broker_id: i32,
    /// Left over from ZooKeeper migration; false in 4.x.
    #[field(versions = "2+")]
    pub is_migrating_zk_broker: bool,
    /// Random id the broker made at this start.
    pub incarnation_id: Uuid,
    /// Offset of this record, naming this registration of the broker.
    pub broker_epoch: i64,
    /// Listeners the broker can be reached at.
    pub end_points: Vec<BrokerEndpoint>,
    /// Feature levels the broker can run.
    pub features: Vec<BrokerFeature>,
    /// Rack the broker sits in, null when not configured.
    #[field(nullable = "0+")]
    pub rack: Option<KafkaString>,
    /// Whether the broker is kept from leading and from clients' view.
    #[field(default = true)]
    pub fenced: bool,
    /// Whether the broker is stopping in an orderly way.
    #[field(versions = "1+")]
    pub in_controlled_shutdown: bool,
    /// Ids of the log directories that work.
    #[field(versions = "3+", tag = 0)]
    pub log_dirs: Vec<Uuid>,
    /// Directory ids closed to new replicas; null before the first report.
    #[field(versions = "4+", nullable = "4+", tag = 1, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One listener of the broker.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct BrokerEndpoint {
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

/// Range of levels the broker supports for one feature.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct BrokerFeature {
    /// Name of the feature, such as `metadata.version`.
    #[field(key)]
    pub name: KafkaString,
    /// Lowest level of the feature the broker can run.
    pub min_supported_version: i16,
    /// Highest level of the feature the broker can run.
    pub max_supported_version: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
