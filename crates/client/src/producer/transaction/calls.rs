//! Sending the requests of a transaction and reading their answers.

use ottla_record::ProducerId;
use ottla_wire::api::ApiKey;
use ottla_wire::api::add_offsets_to_txn::AddOffsetsToTxnRequest;
use ottla_wire::api::add_partitions_to_txn::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, AddPartitionsToTxnTopic,
};
use ottla_wire::api::end_txn::{EndTxnRequest, EndTxnResponse};
use ottla_wire::api::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
use ottla_wire::api::txn_offset_commit::{
    TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
    TxnOffsetCommitResponse,
};
use ottla_wire::{ErrorCode, KafkaString, Versions};
use tokio::time::Instant;

use super::core::Observed;
use super::request::{Offsets, Reply, Request};
use crate::client::{CallOptions, Client, Target};
use crate::consumer::ConsumerGroupMetadata;
use crate::coordinator::CoordinatorKind;
use crate::error::{ApiError, ClientError};
use crate::net::Purpose;
use crate::producer::batch::Identity;
use crate::topic_partition::{TopicPartition, by_topic};

/// The last version of AddPartitionsToTxn for clients; those behind are for brokers (KIP-890).
const ADD_PARTITIONS_LAST: i16 = 3;
/// The last versions of EndTxn and TxnOffsetCommit that mean transaction version 1 (KIP-890).
const LAST_OF_V1: i16 = 4;
/// The first version of InitProducerId that can ask for the next epoch (KIP-360).
const INIT_WITH_EPOCH: i16 = 3;
/// The feature that names the transaction version.
const FEATURE: &str = "transaction.version";

/// One producer's way to its coordinators.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) transactional_id: KafkaString,
    pub(super) timeout_ms: i32,
}

impl Caller {
    /// Sends a request, again as long as no answer comes within `request.timeout.ms`.
    pub(super) async fn send(&self, request: &Request) -> Result<Reply, ClientError> {
        match request {
            Request::Init { current } => self.init(*current).await,
            Request::AddPartitions { identity, partitions } => {
                self.add_partitions(*identity, partitions).await
            }
            Request::AddOffsets { identity, group_id } => self.add_offsets(*identity, group_id).await,
            Request::CommitOffsets { identity, is_v2, group, offsets } => {
                self.commit_offsets(*identity, *is_v2, group, offsets).await
            }
            Request::End { identity, is_v2, is_commit } => self.end(*identity, *is_v2, *is_commit).await,
        }
    }

    /// Looks the coordinator of a request up anew when it is needed next.
    pub(super) fn forget_coordinator(&self, request: &Request) {
        match request {
            Request::CommitOffsets { group, .. } => {
                self.client.forget_coordinator(CoordinatorKind::Group, &group.group_id);
            }
            _ => self.client.forget_coordinator(CoordinatorKind::Transaction, &self.transactional_id),
        }
    }

    fn coordinator(&self) -> Target {
        Target::transaction(self.transactional_id.clone())
    }

    fn options(&self, versions: Versions) -> CallOptions {
        let deadline = Instant::now() + self.client.config().request_timeout;
        CallOptions { versions, deadline: Some(deadline), ..CallOptions::default() }
    }

    async fn init(&self, current: Option<Identity>) -> Result<Reply, ClientError> {
        let mut request = InitProducerIdRequest {
            transactional_id: Some(self.transactional_id.clone()),
            transaction_timeout_ms: self.timeout_ms,
            ..InitProducerIdRequest::default()
        };
        let mut first = 0;
        if let Some(current) = current {
            request.producer_id = current.producer_id.0;
            request.producer_epoch = current.epoch;
            first = INIT_WITH_EPOCH;
        }
        let options = self.options(Versions::new(first, i16::MAX));
        let check = |_: &InitProducerIdResponse| ErrorCode::None;
        let response = self.client.call(&self.coordinator(), options, |_| request.clone(), check).await?;
        ApiError::check(response.error_code, None)?;
        let producer_id = ProducerId(response.producer_id);
        Ok(Reply::Initialized(Identity { producer_id, epoch: response.producer_epoch }))
    }

    async fn add_partitions(
        &self,
        identity: Identity,
        partitions: &[TopicPartition],
    ) -> Result<Reply, ClientError> {
        let topics = by_topic(partitions.iter().map(|partition| (partition.clone(), ())));
        let topic = |(name, partitions): (KafkaString, Vec<(i32, ())>)| AddPartitionsToTxnTopic {
            name,
            partitions: partitions.into_iter().map(|(index, ())| index).collect(),
            ..AddPartitionsToTxnTopic::default()
        };
        let request = AddPartitionsToTxnRequest {
            v3_and_below_transactional_id: self.transactional_id.clone(),
            v3_and_below_producer_id: identity.producer_id.0,
            v3_and_below_producer_epoch: identity.epoch,
            v3_and_below_topics: topics.into_iter().map(topic).collect(),
            ..AddPartitionsToTxnRequest::default()
        };
        let options = self.options(Versions::new(0, ADD_PARTITIONS_LAST));
        let check = |_: &AddPartitionsToTxnResponse| ErrorCode::None;
        let response = self.client.call(&self.coordinator(), options, |_| request.clone(), check).await?;
        let mut codes = Vec::with_capacity(partitions.len());
        for topic in response.results_by_topic_v3_and_below {
            for result in topic.results_by_partition {
                let partition = TopicPartition::new(topic.name.clone(), result.partition_index);
                codes.push((partition, result.partition_error_code.into()));
            }
        }
        Ok(Reply::Partitions(codes))
    }

    async fn add_offsets(&self, identity: Identity, group_id: &KafkaString) -> Result<Reply, ClientError> {
        let request = AddOffsetsToTxnRequest {
            transactional_id: self.transactional_id.clone(),
            producer_id: identity.producer_id.0,
            producer_epoch: identity.epoch,
            group_id: group_id.clone(),
            ..AddOffsetsToTxnRequest::default()
        };
        let options = self.options(Versions::ALL);
        let target = self.coordinator();
        let response = self.client.call(&target, options, |_| request.clone(), |_| ErrorCode::None).await?;
        ApiError::check(response.error_code, None)?;
        Ok(Reply::OffsetsAdded)
    }

    async fn commit_offsets(
        &self,
        identity: Identity,
        is_v2: bool,
        group: &ConsumerGroupMetadata,
        offsets: &Offsets,
    ) -> Result<Reply, ClientError> {
        let request = self.offsets_request(identity, group, offsets);
        let options = self.options(versions(is_v2));
        let target = Target::group(group.group_id.clone());
        let check = |_: &TxnOffsetCommitResponse| ErrorCode::None;
        let response = self.client.call(&target, options, |_| request.clone(), check).await?;
        let mut codes = Vec::with_capacity(offsets.len());
        for topic in response.topics {
            for result in topic.partitions {
                let partition = TopicPartition::new(topic.name.clone(), result.partition_index);
                codes.push((partition, result.error_code.into()));
            }
        }
        Ok(Reply::Partitions(codes))
    }

    fn offsets_request(
        &self,
        identity: Identity,
        group: &ConsumerGroupMetadata,
        offsets: &Offsets,
    ) -> TxnOffsetCommitRequest {
        let topics = by_topic(offsets.iter().map(|(partition, offset)| (partition.clone(), offset)));
        let topics = topics.into_iter().map(|(name, partitions)| TxnOffsetCommitRequestTopic {
            name,
            partitions: partitions
                .into_iter()
                .map(|(partition_index, offset)| TxnOffsetCommitRequestPartition {
                    partition_index,
                    committed_offset: offset.offset.0,
                    committed_leader_epoch: offset.leader_epoch_number(),
                    committed_metadata: Some(offset.metadata.clone()),
                    ..TxnOffsetCommitRequestPartition::default()
                })
                .collect(),
            ..TxnOffsetCommitRequestTopic::default()
        });
        TxnOffsetCommitRequest {
            transactional_id: self.transactional_id.clone(),
            group_id: group.group_id.clone(),
            producer_id: identity.producer_id.0,
            producer_epoch: identity.epoch,
            generation_id: group.generation_id,
            member_id: group.member_id.clone(),
            group_instance_id: group.group_instance_id.clone(),
            topics: topics.collect(),
            ..TxnOffsetCommitRequest::default()
        }
    }

    async fn end(&self, identity: Identity, is_v2: bool, is_commit: bool) -> Result<Reply, ClientError> {
        let request = EndTxnRequest {
            transactional_id: self.transactional_id.clone(),
            producer_id: identity.producer_id.0,
            producer_epoch: identity.epoch,
            committed: is_commit,
            ..EndTxnRequest::default()
        };
        let check = |_: &EndTxnResponse| ErrorCode::None;
        let options = self.options(versions(is_v2));
        let response = self.client.call(&self.coordinator(), options, |_| request.clone(), check).await?;
        ApiError::check(response.error_code, None)?;
        let next = Identity { producer_id: ProducerId(response.producer_id), epoch: response.producer_epoch };
        Ok(Reply::Ended(Some(next).filter(|next| next.producer_id.0 >= 0)))
    }

    /// What the brokers said about transactions when they were connected to; `None` before the first.
    pub(super) fn observe(&self) -> Option<Observed> {
        let cluster = self.client.metadata().cluster();
        let purposes = [Purpose::Coordinator, Purpose::General];
        let peers = cluster.brokers.keys().flat_map(|id| purposes.map(|purpose| (*id, purpose)));
        let open = peers.filter_map(|(id, purpose)| self.client.open_connection(id, purpose));
        let newest = open.max_by_key(|open| open.versions().response().finalized_features_epoch)?;
        let coordinator = self.client.known_coordinator(CoordinatorKind::Transaction, &self.transactional_id);
        let coordinator = coordinator
            .and_then(|id| self.client.open_connection(id, Purpose::Coordinator))
            .unwrap_or_else(|| newest.clone());
        Some(Observed {
            features_epoch: newest.versions().response().finalized_features_epoch,
            transaction_version: newest.versions().finalized_feature(FEATURE).unwrap_or(0),
            can_bump: coordinator.versions().of(ApiKey::InitProducerId).last >= INIT_WITH_EPOCH,
        })
    }
}

const fn versions(is_v2: bool) -> Versions {
    Versions::new(0, if is_v2 { i16::MAX } else { LAST_OF_V1 })
}
