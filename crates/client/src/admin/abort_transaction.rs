//! Aborting a transaction that hangs: WriteTxnMarkers, as a coordinator would (KIP-664).

use std::collections::BTreeMap;

use ottla_record::ProducerId;
use ottla_wire::ErrorCode;
use ottla_wire::api::write_txn_markers::{
    WritableTxnMarker, WritableTxnMarkerTopic, WriteTxnMarkersRequest, WriteTxnMarkersResponse,
};

use super::Admin;
use super::by_leader::LeaderOperation;
use crate::error::{ApiError, ClientError};
use crate::topic_partition::{TopicPartition, by_topic};

/// A transaction that hangs in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HangingTransaction {
    /// The partition.
    pub partition: TopicPartition,
    /// Whose transaction it is.
    pub producer_id: ProducerId,
    /// The epoch of the producer.
    pub producer_epoch: i16,
    /// The epoch of the coordinator that is spoken for; an older one than the partition knows is refused.
    pub coordinator_epoch: i32,
}

impl Admin {
    /// Writes the marker of an abort into the partition of a transaction that its coordinator knows nothing of.
    ///
    /// # Errors
    ///
    /// The partition's leader refused the marker, or could not be asked.
    pub async fn abort_transaction(&self, transaction: &HangingTransaction) -> Result<(), ClientError> {
        let partitions = BTreeMap::from([(transaction.partition.clone(), ())]);
        let mut results = self.by_leader(&Abort { transaction }, partitions).await;
        let unknown = || Err(ErrorCode::UnknownTopicOrPartition.into());
        results.remove(&transaction.partition).unwrap_or_else(unknown)
    }
}

struct Abort<'a> {
    transaction: &'a HangingTransaction,
}

impl LeaderOperation for Abort<'_> {
    type Request = WriteTxnMarkersRequest;
    type Input = ();
    type Output = ();

    fn request(&self, partitions: &[(TopicPartition, ())]) -> WriteTxnMarkersRequest {
        let topics = by_topic(partitions.iter().cloned()).into_iter();
        let topics = topics.map(|(name, partitions)| WritableTxnMarkerTopic {
            name,
            partition_indexes: partitions.into_iter().map(|(index, ())| index).collect(),
            ..WritableTxnMarkerTopic::default()
        });
        let marker = WritableTxnMarker {
            producer_id: self.transaction.producer_id.0,
            producer_epoch: self.transaction.producer_epoch,
            transaction_result: false,
            topics: topics.collect(),
            coordinator_epoch: self.transaction.coordinator_epoch,
            ..WritableTxnMarker::default()
        };
        WriteTxnMarkersRequest { markers: vec![marker], ..WriteTxnMarkersRequest::default() }
    }

    fn results(&self, response: WriteTxnMarkersResponse) -> Vec<(TopicPartition, Result<(), ApiError>)> {
        let markers = response.markers.into_iter();
        let ours = markers.filter(|marker| marker.producer_id == self.transaction.producer_id.0);
        let mut results = Vec::new();
        for topic in ours.flat_map(|marker| marker.topics) {
            for found in topic.partitions {
                let partition = TopicPartition::new(topic.name.clone(), found.partition_index);
                results.push((partition, ApiError::check(found.error_code, None)));
            }
        }
        results
    }
}
