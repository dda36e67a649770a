//! Who in a node acts on changes of the metadata.

use std::sync::Arc;

use ottla_config::ServerConfig;
use ottla_controller::image::MetadataDelta;

use crate::metadata::config::DynamicConfig;
use crate::metadata::thread::MetadataPublisher;
use crate::partitions::Partitions;

/// Lets the partitions follow.
pub(super) struct PartitionsPublisher {
    partitions: Arc<Partitions>,
    config: Arc<DynamicConfig>,
    /// The configuration the partitions go by; none before the first change.
    applied: Option<Arc<ServerConfig>>,
}

impl PartitionsPublisher {
    pub(super) fn new(partitions: Arc<Partitions>, config: Arc<DynamicConfig>) -> Self {
        Self { partitions, config, applied: None }
    }
}

impl MetadataPublisher for PartitionsPublisher {
    fn apply(&mut self, delta: &MetadataDelta) {
        let config = self.config.current();
        let is_first = self.applied.is_none();
        if self.applied.as_ref().is_none_or(|applied| !Arc::ptr_eq(applied, &config)) {
            self.partitions.configure(Arc::clone(&config), &delta.image);
            self.applied = Some(config);
        }
        self.partitions.apply(delta);
        if is_first {
            self.partitions.set_strays_aside();
        }
    }
}
