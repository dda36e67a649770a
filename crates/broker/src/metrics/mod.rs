//! Numbers about a node, under the names that the usual exporter of Kafka's metrics gives them.

mod encode;
mod endpoint;
mod histogram;
mod partitions;
mod requests;

use std::fmt;
use std::sync::{Arc, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::registry::Registry;

pub use endpoint::EndpointError;
pub(crate) use endpoint::MetricsEndpoint;
pub(crate) use requests::RequestMetrics;

use crate::broker::Broker;

/// The text of all numbers, as Prometheus reads it.
pub(crate) fn text(broker: &Arc<Broker>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(NodeCollector(Arc::downgrade(broker))));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct NodeCollector(Weak<Broker>);

impl Collector for NodeCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(broker) = self.0.upgrade() else { return Ok(()) };
        broker.requests.encode(&mut encoder, broker.clock.monotonic())?;
        partitions::encode(&mut encoder, &broker)
    }
}
