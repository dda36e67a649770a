//! What transaction coordinators ask the rest of the node for: producer ids, and markers on the partitions of transactions
//! that end.

use std::fmt;
use std::sync::{Arc, OnceLock};

use futures_util::future::join_all;
use ottla_controller::image::MetadataImage;
use ottla_coordinator::{TransactionEnd, TransactionalProducer};
use ottla_record::{EndTxnMarker, ProducerId};
use ottla_txn::{MarkerOutcome, MarkerResult, MarkersToWrite, TransactionCoordinator};
use ottla_wire::{ErrorCode, KafkaString};

use super::MarkerWriter;
use crate::coordinator::{Errands, WeakShard};
use crate::metadata::cache::MetadataCache;
use crate::metadata::producer_ids::ProducerIds;
use crate::metadata::thread::ControllerHandle;

/// Something that a transaction coordinator asks for.
#[derive(Debug)]
pub(crate) enum TransactionErrand {
    /// Markers are to be written.
    Markers(MarkersToWrite),
    /// A producer id is wanted.
    ProducerId,
}

pub(super) fn errands_of(markers: Vec<MarkersToWrite>, producer_ids: usize) -> Vec<TransactionErrand> {
    let ids = std::iter::repeat_with(|| TransactionErrand::ProducerId).take(producer_ids);
    markers.into_iter().map(TransactionErrand::Markers).chain(ids).collect()
}

/// Does what transaction coordinators ask for.
pub(crate) struct TransactionErrands {
    node_id: i32,
    metadata: Arc<MetadataCache>,
    markers: Arc<MarkerWriter>,
    producer_ids: Arc<ProducerIds>,
    /// Known once the node's controller runs, which is after the first coordinators do.
    controller: OnceLock<ControllerHandle>,
}

impl fmt::Debug for TransactionErrands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionErrands").field("node_id", &self.node_id).finish_non_exhaustive()
    }
}

/// Where the leader of a partition is.
enum Leader {
    Here,
    /// Elsewhere, or nowhere at the moment.
    Elsewhere,
    /// There is no such partition.
    Deleted,
}

impl TransactionErrands {
    pub(crate) fn new(
        node_id: i32,
        metadata: Arc<MetadataCache>,
        markers: Arc<MarkerWriter>,
        producer_ids: Arc<ProducerIds>,
    ) -> Self {
        Self { node_id, metadata, markers, producer_ids, controller: OnceLock::new() }
    }

    /// Tells whom to ask for producer ids. Before that there are none.
    pub(crate) fn set_controller(&self, controller: ControllerHandle) {
        // Whoever was told of first is the same.
        let _ = self.controller.set(controller);
    }

    async fn producer_id(&self) -> Result<ProducerId, ErrorCode> {
        let controller = self.controller.get().ok_or(ErrorCode::CoordinatorLoadInProgress)?;
        self.producer_ids.next(controller, self.node_id).await.map(ProducerId)
    }

    /// Writes markers where this node leads. Whoever leads elsewhere is out of reach.
    async fn write(&self, markers: &MarkersToWrite) -> Vec<MarkerResult> {
        let end = TransactionEnd {
            producer: TransactionalProducer { id: markers.producer_id, epoch: markers.producer_epoch },
            marker: EndTxnMarker { result: markers.result, coordinator_epoch: markers.coordinator_epoch.0 },
            transaction_version: markers.transaction_version.feature_level(),
        };
        let image = self.metadata.image();
        let written = markers.partitions.iter().map(|(topic, partition)| {
            let leader = self.leader(&image, topic, partition);
            async move {
                let outcome = match leader {
                    Leader::Here => MarkerOutcome::Answered(self.markers.write(end, topic, partition).await),
                    Leader::Elsewhere => MarkerOutcome::Unreachable,
                    Leader::Deleted => MarkerOutcome::Deleted,
                };
                MarkerResult { topic: topic.clone(), partition, outcome }
            }
        });
        join_all(written).await
    }

    fn leader(&self, image: &MetadataImage, topic: &KafkaString, partition: i32) -> Leader {
        let known = image.topics().topic_by_name(topic);
        match known.and_then(|known| known.partitions.get(&partition)) {
            None => Leader::Deleted,
            Some(partition) if partition.leader == self.node_id => Leader::Here,
            Some(_) => Leader::Elsewhere,
        }
    }
}

/// The errands of all coordinators of the node.
impl Errands<TransactionCoordinator> for TransactionErrands {
    fn begin(self: Arc<Self>, errand: TransactionErrand, shard: &WeakShard<TransactionCoordinator>) {
        let shard = shard.clone();
        tokio::spawn(async move {
            match errand {
                TransactionErrand::ProducerId => {
                    let id = self.producer_id().await;
                    shard.tell(move |core, now| core.handle_producer_id(now, id)).await;
                }
                TransactionErrand::Markers(markers) => {
                    let results = self.write(&markers).await;
                    let id = markers.id;
                    shard.tell(move |core, now| core.handle_markers_written(now, id, &results)).await;
                }
            }
        });
    }
}
