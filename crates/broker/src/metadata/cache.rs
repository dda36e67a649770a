//! The image of the cluster, as every thread of the node sees it.

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use ottla_controller::image::MetadataImage;
use ottla_record::{LeaderEpoch, Offset};
use ottla_wire::Uuid;

/// The newest published image. Reading it takes no lock.
#[derive(Default)]
pub(crate) struct MetadataCache {
    image: ArcSwap<MetadataImage>,
    quorum: ArcSwap<QuorumStatus>,
}

/// Where the metadata quorum stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuorumStatus {
    /// The leader's epoch.
    pub(crate) epoch: LeaderEpoch,
    /// Id of the directory of this node's metadata log.
    pub(crate) directory_id: Uuid,
    /// `kraft.version`.
    pub(crate) kraft_version: i16,
    /// Offset below which everything is committed; for a quorum of one, the end of the log.
    pub(crate) high_watermark: Offset,
}

impl Default for QuorumStatus {
    fn default() -> Self {
        Self { epoch: LeaderEpoch(0), directory_id: Uuid::ZERO, kraft_version: 0, high_watermark: Offset(0) }
    }
}

impl MetadataCache {
    /// The newest image, to keep.
    pub(crate) fn image(&self) -> Arc<MetadataImage> {
        self.image.load_full()
    }

    /// The newest image, for a short look: no count is touched.
    pub(crate) fn peek(&self) -> Guard<Arc<MetadataImage>> {
        self.image.load()
    }

    /// Where the metadata quorum stands.
    pub(crate) fn quorum(&self) -> QuorumStatus {
        **self.quorum.load()
    }

    pub(crate) fn publish(&self, image: Arc<MetadataImage>) {
        self.image.store(image);
    }

    pub(crate) fn publish_quorum(&self, status: QuorumStatus) {
        self.quorum.store(Arc::new(status));
    }
}

impl fmt::Debug for MetadataCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provenance = self.peek().provenance;
        f.debug_struct("MetadataCache").field("provenance", &provenance).finish_non_exhaustive()
    }
}
