//! What a configuration can belong to.

/// What a configuration can belong to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// All brokers.
    ClusterDefault,
    /// One broker.
    Broker(i32),
    /// A topic.
    Topic(String),
    /// A group.
    Group(String),
    /// A subscription to metrics of clients.
    ClientMetrics(String),
}
