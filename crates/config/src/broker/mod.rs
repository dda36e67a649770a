//! Keys of a node, one file a section.

mod cleaner;
mod consumer_group;
mod delegation_token;
mod general;
mod group_coordinator;
mod kraft;
mod log;
mod metadata_log;
mod metrics;
mod network;
mod oauthbearer;
mod quorum;
mod quota;
mod remote_log;
mod replication;
mod sasl;
mod share_coordinator;
mod share_group;
mod ssl;
mod streams_group;
mod throttle;
mod transaction;

pub use cleaner::CleanerConfig;
pub use consumer_group::ConsumerGroupConfig;
pub use delegation_token::DelegationTokenConfig;
pub use general::GeneralConfig;
pub use group_coordinator::GroupCoordinatorConfig;
pub use kraft::KRaftConfig;
pub use log::LogDefaultsConfig;
pub use metadata_log::MetadataLogConfig;
pub use metrics::MetricsConfig;
pub use network::NetworkConfig;
pub use oauthbearer::OAuthBearerConfig;
pub use quorum::QuorumConfig;
pub use quota::QuotaConfig;
pub use remote_log::RemoteLogConfig;
pub use replication::ReplicationConfig;
pub use sasl::SaslConfig;
pub use share_coordinator::ShareCoordinatorConfig;
pub use share_group::ShareGroupConfig;
pub use ssl::SslConfig;
pub use streams_group::StreamsGroupConfig;
pub use throttle::ThrottleConfig;
pub use transaction::TransactionConfig;

use crate::key::Key;
use crate::values::Values;

/// Declares the struct of all sections, and their table.
macro_rules! sections {
    ($($(#[$doc:meta])+ $field:ident: $section:ident,)+) => {
        /// Typed values of all keys of a node, as they stand; what follows from several of them is in
        /// [`ServerConfig`](crate::ServerConfig).
        #[derive(Debug, Clone, PartialEq)]
        pub struct BrokerConfig {
            $($(#[$doc])+ pub $field: $section,)+
        }

        impl BrokerConfig {
            pub(crate) fn resolve(values: &Values) -> Self {
                Self { $($field: $section::resolve(values),)+ }
            }
        }

        /// All sections, in the order of the reference page.
        pub(crate) const SECTIONS: &[&[Key]] = &[$($section::KEYS),+];
    };
}

sections! {
    /// The node's place in the cluster.
    kraft: KRaftConfig,
    /// Listeners, sockets, limits on connections.
    network: NetworkConfig,
    /// Threads, limits of requests, plug-ins.
    general: GeneralConfig,
    /// Log directories and what topics inherit.
    log: LogDefaultsConfig,
    /// Compaction.
    cleaner: CleanerConfig,
    /// Followers and leadership.
    replication: ReplicationConfig,
    /// Tiered storage.
    remote_log: RemoteLogConfig,
    /// Transactions and producers.
    transaction: TransactionConfig,
    /// The group coordinator and classic groups.
    group_coordinator: GroupCoordinatorConfig,
    /// Consumer groups.
    consumer_group: ConsumerGroupConfig,
    /// Streams groups.
    streams_group: StreamsGroupConfig,
    /// Share groups.
    share_group: ShareGroupConfig,
    /// The share coordinator.
    share_coordinator: ShareCoordinatorConfig,
    /// The quorum of controllers.
    quorum: QuorumConfig,
    /// The log of the metadata.
    metadata_log: MetadataLogConfig,
    /// Metrics.
    metrics: MetricsConfig,
    /// How rates are measured.
    quota: QuotaConfig,
    /// SASL.
    sasl: SaslConfig,
    /// OAUTHBEARER.
    oauthbearer: OAuthBearerConfig,
    /// TLS.
    ssl: SslConfig,
    /// Delegation tokens.
    delegation_token: DelegationTokenConfig,
}
