//! WriteTxnMarkers, versions 1 and 2: the coordinator of transactions ends some on partitions that this node leads.
//!
//! Version 2 says for which version of transactions a marker is, on which it depends how strictly the producer's epoch is
//! checked (KIP-1228).
//!
//! Missing: authorization.

use std::sync::Arc;

use futures_util::future::join_all;
use ottla_coordinator::{TransactionEnd, TransactionalProducer};
use ottla_record::{EndTxnMarker, ProducerId, TransactionResult};
use ottla_wire::ErrorCode;
use ottla_wire::api::write_txn_markers::{
    WritableTxnMarker, WritableTxnMarkerPartitionResult, WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult, WriteTxnMarkersRequest, WriteTxnMarkersResponse,
};

use super::RequestContext;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: WriteTxnMarkersRequest,
) -> WriteTxnMarkersResponse {
    let written = join_all(request.markers.into_iter().map(|marker| write(broker, marker))).await;
    let mut markers: Vec<WritableTxnMarkerResult> = Vec::with_capacity(written.len());
    for result in written {
        // A producer is answered once, however many of its transactions there are.
        match markers.iter_mut().find(|known| known.producer_id == result.producer_id) {
            Some(known) => known.topics.extend(result.topics),
            None => markers.push(result),
        }
    }
    WriteTxnMarkersResponse { markers, ..WriteTxnMarkersResponse::default() }
}

async fn write(broker: &Arc<Broker>, marker: WritableTxnMarker) -> WritableTxnMarkerResult {
    let end = end(&marker);
    let topics = marker.topics.iter().map(|topic| async move {
        let partitions = topic.partition_indexes.iter().map(|&partition_index| async move {
            let error = broker.markers.write(end, &topic.name, partition_index).await;
            if error != ErrorCode::None {
                let topic = &topic.name;
                tracing::debug!(%topic, partition = partition_index, %error, "marker not written");
            }
            WritableTxnMarkerPartitionResult {
                partition_index,
                error_code: error.number(),
                ..WritableTxnMarkerPartitionResult::default()
            }
        });
        WritableTxnMarkerTopicResult {
            name: topic.name.clone(),
            partitions: join_all(partitions).await,
            ..WritableTxnMarkerTopicResult::default()
        }
    });
    WritableTxnMarkerResult {
        producer_id: marker.producer_id,
        topics: join_all(topics).await,
        ..WritableTxnMarkerResult::default()
    }
}

fn end(marker: &WritableTxnMarker) -> TransactionEnd {
    let result = match marker.transaction_result {
        true => TransactionResult::Commit,
        false => TransactionResult::Abort,
    };
    TransactionEnd {
        producer: TransactionalProducer { id: ProducerId(marker.producer_id), epoch: marker.producer_epoch },
        marker: EndTxnMarker { result, coordinator_epoch: marker.coordinator_epoch },
        transaction_version: marker.transaction_version.into(),
    }
}
