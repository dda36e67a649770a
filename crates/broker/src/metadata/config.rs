//! The node's configuration: its file, and over it the dynamic values of the metadata log (KIP-226).

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use ottla_config::{Layers, ServerConfig, Written};
use ottla_controller::image::{ConfigResource, ConfigResourceType, MetadataDelta, MetadataImage};

/// The configuration in force. Reading it takes no lock; who acts on metadata compares it with the one before.
pub(crate) struct DynamicConfig {
    node_id: i32,
    current: ArcSwap<ServerConfig>,
    layers: ArcSwap<Layers>,
}

impl DynamicConfig {
    /// Begins with what stands in the node's file.
    pub(crate) fn new(written: &Written, config: Arc<ServerConfig>) -> Self {
        Self {
            node_id: config.node_id,
            layers: ArcSwap::from_pointee(Layers::new(written)),
            current: ArcSwap::new(config),
        }
    }

    /// The configuration in force, to keep.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// The configuration in force, for a short look.
    pub(crate) fn peek(&self) -> Guard<Arc<ServerConfig>> {
        self.current.load()
    }

    /// What it is made of, for descriptions.
    pub(crate) fn layers(&self) -> Arc<Layers> {
        self.layers.load_full()
    }

    /// Takes up changes of this broker's values, or of all brokers'.
    pub(super) fn apply(&self, delta: &MetadataDelta) {
        let (own, all) = (self.own(), Self::all());
        if delta.changed_configs().any(|resource| *resource == own || *resource == all) {
            self.update(&delta.image);
        }
    }

    fn update(&self, image: &MetadataImage) {
        let mut layers = Layers::clone(&self.layers.load());
        let mut ignored = layers.set_cluster(image.configs().texts(&Self::all()));
        ignored.extend(layers.set_broker(image.configs().texts(&self.own())));
        for reason in ignored {
            tracing::warn!(reason, "dynamic configuration");
        }
        match layers.resolve() {
            Ok(config) => {
                self.layers.store(Arc::new(layers));
                self.current.store(Arc::new(config));
            }
            // The controller has checked them one by one; together they may still contradict the file.
            Err(error) => {
                tracing::error!(%error, "dynamic configuration cannot be used, the one before stays")
            }
        }
    }

    fn own(&self) -> ConfigResource {
        ConfigResource::broker(self.node_id)
    }

    fn all() -> ConfigResource {
        ConfigResource::new(ConfigResourceType::Broker, "")
    }
}

impl fmt::Debug for DynamicConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicConfig").field("node_id", &self.node_id).finish_non_exhaustive()
    }
}
