//! Records that cannot be.

use ottla_wire::Uuid;

/// A record that does not fit what was replayed before it. The log it came from is damaged, or written by another release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A change to a broker that is not registered.
    #[error("broker {0} is not registered")]
    UnknownBroker(i32),
    /// A change to another registration of a broker.
    #[error("broker {broker} is registered with epoch {registered}, not {epoch}")]
    BrokerEpoch {
        /// The broker.
        broker: i32,
        /// The epoch it has.
        registered: i64,
        /// The epoch the record has.
        epoch: i64,
    },
    /// A listener's protocol that is not known.
    #[error("node {node} has a listener with the security protocol {protocol}, which is not known")]
    SecurityProtocol {
        /// The broker or controller.
        node: i32,
        /// The number.
        protocol: i16,
    },
    /// A field of a record with a number that means nothing.
    #[error("{field} is {value}, which means nothing")]
    Meaningless {
        /// The field.
        field: &'static str,
        /// The number.
        value: i8,
    },
    /// A topic created twice.
    #[error("topic {name} is there already, with id {existing}; cannot create it with id {id}")]
    TopicExists {
        /// Its name.
        name: String,
        /// The id it has.
        existing: Uuid,
        /// The id of the record.
        id: Uuid,
    },
    /// A topic that is not there.
    #[error("there is no topic with id {0}")]
    UnknownTopic(Uuid),
    /// A topic that is not there, by name.
    #[error("there is no topic named {0}")]
    UnknownTopicName(String),
    /// A partition that is not there.
    #[error("topic {topic} has no partition {partition}")]
    UnknownPartition {
        /// The topic.
        topic: Uuid,
        /// The partition.
        partition: i32,
    },
    /// As many directories as replicas are needed, or none.
    #[error("partition {partition} of topic {topic} has {replicas} replicas in {directories} directories")]
    Directories {
        /// The topic.
        topic: Uuid,
        /// The partition.
        partition: i32,
        /// How many replicas.
        replicas: usize,
        /// How many directories.
        directories: usize,
    },
    /// A level of `metadata.version` that this release cannot read.
    #[error("metadata.version {0} cannot be read by this release")]
    MetadataVersion(i16),
    /// A level of another feature that this release does not have.
    #[error("feature {name} has the level {level}, which this release does not have")]
    FeatureLevel {
        /// The feature.
        name: String,
        /// The level.
        level: i16,
    },
    /// A removal of an ACL that is not there.
    #[error("there is no ACL with id {0}")]
    UnknownAcl(Uuid),
    /// A transaction within a transaction.
    #[error("a transaction begins within a transaction")]
    NestedTransaction,
    /// The end of a transaction that did not begin.
    #[error("a transaction ends that did not begin")]
    NoTransaction,
    /// A record of a transaction where none may be.
    #[error("a transaction's record stands where none may be")]
    MisplacedTransaction,
}
