//! Every configuration key of Kafka 4.3, declared once: name, type, default, validity, documentation, how it may change.
//!
//! A configuration goes through three stages. It is *written* ([`Written`]): a properties file, overrides of the command line or records
//! of the metadata log, each value with the place where it stands. It is *merged* ([`Layers`]): defaults, the file, dynamic values for
//! the cluster and for one broker, overrides of a topic, group or client. It is *resolved* ([`ServerConfig`], [`TopicConfig`],
//! [`GroupConfig`] …): structs with typed fields, checked against each other, for code that never looks up a key by its name.
//!
//! Never: files, sockets, clocks, look-ups of hosts; the text of a password in an error, a warning or a `Debug` output; a class of Java
//! (class names are kept as text, what they stand for is decided where they are used).
//!
//! Start with [`ServerConfig::from_written`] to start a node, [`Layers`] for DescribeConfigs, [`validate_alter`] for
//! IncrementalAlterConfigs, [`Definition`] for the keys themselves. To add a key, add a field to its section, such as
//! [`NetworkConfig`]; everything else follows.

mod address;
mod alter;
mod broker;
mod client_metrics;
mod definition;
mod describe;
mod duration;
mod error;
mod group;
mod java;
mod key;
mod layers;
mod quota;
mod reference;
mod remote_log_metadata;
mod resource;
mod section;
mod server;
mod suggest;
mod synonyms;
mod topic;
mod validator;
mod value;
mod values;
mod written;

pub use address::{Endpoint, HostPort, ListenerName, SecurityProtocol};
pub use alter::{AlterError, Change, Operation, apply_alter, validate_alter};
pub use broker::{
    BrokerConfig, CleanerConfig, ConsumerGroupConfig, DelegationTokenConfig, GeneralConfig,
    GroupCoordinatorConfig, KRaftConfig, LogDefaultsConfig, MetadataLogConfig, MetricsConfig, NetworkConfig,
    OAuthBearerConfig, QuorumConfig, QuotaConfig, RemoteLogConfig, ReplicationConfig, SaslConfig,
    ShareCoordinatorConfig, ShareGroupConfig, SslConfig, StreamsGroupConfig, ThrottleConfig,
    TransactionConfig,
};
pub use client_metrics::ClientMetricsConfig;
pub use definition::Definition;
pub use describe::{ConfigEntry, ConfigSource, ConfigSynonym};
pub use error::{ConfigError, ConfigErrors};
pub use group::GroupConfig;
pub use key::{Default, Importance, Key, Type, UpdateMode};
pub use layers::Layers;
pub use quota::{ClientQuotaConfig, IpQuotaConfig, ScramConfig};
pub use reference::reference_page;
pub use remote_log_metadata::RemoteLogMetadataConfig;
pub use resource::Resource;
pub use server::{ListenersConfig, ProcessRoles, ServerConfig};
pub use topic::TopicConfig;
pub use validator::Validator;
pub use value::{Password, Value};
pub use values::Values;
pub use written::{Origin, UnreadableFile, Written, WrittenValue};
