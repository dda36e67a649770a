//! Who in a node acts on changes of the metadata.

use std::sync::Arc;

use ottla_config::ServerConfig;
use ottla_controller::image::MetadataDelta;

use crate::metadata::config::DynamicConfig;
use crate::metadata::thread::{MetadataPublisher, MisplacedReplica};
use crate::partitions::Partitions;

/// Lets the partitions follow.
pub(super) struct PartitionsPublisher {
    partitions: Arc<Partitions>,
    config: Arc<DynamicConfig>,
    /// The configuration the partitions go by; none before the first change.
    applied: Option<Arc<ServerConfig>>,
    /// Replicas whose directories the controller does not know, to be told.
    misplaced: Vec<MisplacedReplica>,
}

impl PartitionsPublisher {
    pub(super) fn new(partitions: Arc<Partitions>, config: Arc<DynamicConfig>) -> Self {
        Self { partitions, config, applied: None, misplaced: Vec::new() }
    }

    /// Notes which of the changed replicas lie elsewhere than the metadata say.
    fn note_misplaced(&mut self, delta: &MetadataDelta) {
        let node_id = self.partitions.node_id();
        for change in delta.changed_partitions() {
            let Some(said) = change.current.directory(node_id) else { continue };
            let Ok(partition) = self.partitions.partition(&change.topic.name, change.partition) else {
                continue;
            };
            let directory = partition.directory().id();
            if said != directory {
                let (topic_id, partition) = (change.topic.id, change.partition);
                self.misplaced.push(MisplacedReplica { directory, topic_id, partition });
            }
        }
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
        self.note_misplaced(delta);
    }

    fn take_misplaced(&mut self) -> Vec<MisplacedReplica> {
        std::mem::take(&mut self.misplaced)
    }
}
