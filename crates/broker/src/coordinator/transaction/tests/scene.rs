//! A node that coordinates transactions, and the requests of a producer.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use ottla_controller::features::TRANSACTION_VERSION;
use ottla_record::{BatchSettings, ProducerId};
use ottla_wire::api::add_offsets_to_txn::AddOffsetsToTxnRequest;
use ottla_wire::api::add_partitions_to_txn::{AddPartitionsToTxnRequest, AddPartitionsToTxnTopic};
use ottla_wire::api::describe_transactions::{DescribeTransactionsRequest, TransactionState};
use ottla_wire::api::end_txn::{EndTxnRequest, EndTxnResponse};
use ottla_wire::api::fetch::{FetchPartition, FetchRequest, FetchTopic, PartitionData};
use ottla_wire::api::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
use ottla_wire::api::list_offsets::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic};
use ottla_wire::api::offset_fetch::{OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use ottla_wire::api::produce::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, TopicProduceData,
};
use ottla_wire::api::txn_offset_commit::{
    TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use ottla_wire::api::{ApiKey, ResponseBody};
use ottla_wire::messages::FeatureLevelRecord;
use ottla_wire::{ErrorCode, KafkaString, Message, Uuid};

use crate::coordinator::testing::MetadataScene;
use crate::coordinator::{CONSUMER_OFFSETS, TRANSACTION_STATE};
use crate::testing::{TOPIC, TOPIC_ID, batch_of};

pub(super) const OFFSETS_ID: Uuid = Uuid::from_halves(1, 0x0ff);
pub(super) const TRANSACTIONS_ID: Uuid = Uuid::from_halves(1, 0x0fe);
const CONFIG: &str = "offsets.topic.num.partitions=1\ntransaction.state.log.num.partitions=1\n";

/// The transactional id of whoever asks.
pub(super) const ID: &str = "tx";
pub(super) const GROUP: &str = "group";

/// A producer as its coordinator knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Producer {
    pub(super) id: i64,
    pub(super) epoch: i16,
}

/// A node that coordinates transactions and groups, with a topic of two partitions.
pub(super) struct Scene(pub(super) MetadataScene);

impl Deref for Scene {
    type Target = MetadataScene;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Scene {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Scene {
    pub(super) async fn new() -> Self {
        Self::with_config("").await
    }

    pub(super) async fn with_config(more: &str) -> Self {
        let mut scene = Self(MetadataScene::new(&format!("{CONFIG}{more}")));
        scene.rig.broker.producer_ids.preload();
        scene.finalize(2);
        scene.create(CONSUMER_OFFSETS, OFFSETS_ID, 1);
        scene.create(TRANSACTION_STATE, TRANSACTIONS_ID, 1);
        scene.create(TOPIC, TOPIC_ID, 2);
        scene.loaded().await;
        scene
    }

    /// Gives the feature `transaction.version` a level.
    pub(super) fn finalize(&mut self, level: i16) {
        let record = FeatureLevelRecord {
            name: TRANSACTION_VERSION.into(),
            feature_level: level,
            ..FeatureLevelRecord::default()
        };
        self.apply(vec![record.into()]);
    }

    async fn loaded(&self) {
        self.rig.broker.groups.loaded(0).await;
        self.rig.broker.transactions.loaded(0).await;
    }

    /// Another coordinator takes over: what is known must come from the log.
    pub(super) async fn next_epoch(&mut self) {
        self.0.next_epoch(TRANSACTIONS_ID, 1);
        self.0.next_epoch(OFFSETS_ID, 1);
        self.loaded().await;
    }

    async fn ask<M: Message>(&self, key: ApiKey, version: i16, request: &M) -> ResponseBody {
        self.rig.ask(key, version, request).await
    }

    /// Asks until the transaction before has ended.
    pub(super) async fn init(&self, version: i16) -> Producer {
        loop {
            let response = self.init_with(version, None).await;
            match ErrorCode::from(response.error_code) {
                ErrorCode::None => {
                    return Producer { id: response.producer_id, epoch: response.producer_epoch };
                }
                ErrorCode::ConcurrentTransactions => tokio::task::yield_now().await,
                error => panic!("{error}"),
            }
        }
    }

    pub(super) async fn init_with(&self, version: i16, current: Option<Producer>) -> InitProducerIdResponse {
        let current = current.unwrap_or(Producer { id: -1, epoch: -1 });
        let request = InitProducerIdRequest {
            transactional_id: Some(ID.into()),
            transaction_timeout_ms: 60_000,
            producer_id: current.id,
            producer_epoch: current.epoch,
            ..InitProducerIdRequest::default()
        };
        match self.ask(ApiKey::InitProducerId, version, &request).await {
            ResponseBody::InitProducerId(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Adds partitions of the topic.
    pub(super) async fn add(
        &self,
        version: i16,
        producer: Producer,
        topic: &str,
        partitions: &[i32],
    ) -> Vec<ErrorCode> {
        let request = AddPartitionsToTxnRequest {
            v3_and_below_transactional_id: ID.into(),
            v3_and_below_producer_id: producer.id,
            v3_and_below_producer_epoch: producer.epoch,
            v3_and_below_topics: vec![AddPartitionsToTxnTopic {
                name: topic.into(),
                partitions: partitions.to_vec(),
                ..AddPartitionsToTxnTopic::default()
            }],
            ..AddPartitionsToTxnRequest::default()
        };
        let ResponseBody::AddPartitionsToTxn(response) =
            self.ask(ApiKey::AddPartitionsToTxn, version, &request).await
        else {
            panic!()
        };
        let results = &response.results_by_topic_v3_and_below[0].results_by_partition;
        results.iter().map(|result| result.partition_error_code.into()).collect()
    }

    pub(super) async fn add_offsets(&self, version: i16, producer: Producer) -> ErrorCode {
        let request = AddOffsetsToTxnRequest {
            transactional_id: ID.into(),
            producer_id: producer.id,
            producer_epoch: producer.epoch,
            group_id: GROUP.into(),
            ..AddOffsetsToTxnRequest::default()
        };
        match self.ask(ApiKey::AddOffsetsToTxn, version, &request).await {
            ResponseBody::AddOffsetsToTxn(response) => response.error_code.into(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn end(&self, version: i16, producer: Producer, committed: bool) -> EndTxnResponse {
        let request = EndTxnRequest {
            transactional_id: ID.into(),
            producer_id: producer.id,
            producer_epoch: producer.epoch,
            committed,
            ..EndTxnRequest::default()
        };
        match self.ask(ApiKey::EndTxn, version, &request).await {
            ResponseBody::EndTxn(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// Sends one record to a partition; what the client is told.
    pub(super) async fn produce(
        &self,
        version: i16,
        producer: Producer,
        partition: i32,
        sequence: i32,
    ) -> PartitionProduceResponse {
        let request = produce_request(version, transactional(producer, sequence), partition);
        match self.ask(ApiKey::Produce, version, &request).await {
            ResponseBody::Produce(response) => response.responses[0].partition_responses[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn commit_offset(&self, version: i16, producer: Producer, offset: i64) -> ErrorCode {
        let partition = TxnOffsetCommitRequestPartition {
            committed_offset: offset,
            ..TxnOffsetCommitRequestPartition::default()
        };
        let topic = TxnOffsetCommitRequestTopic {
            name: TOPIC.into(),
            partitions: vec![partition],
            ..TxnOffsetCommitRequestTopic::default()
        };
        let request = TxnOffsetCommitRequest {
            transactional_id: ID.into(),
            group_id: GROUP.into(),
            producer_id: producer.id,
            producer_epoch: producer.epoch,
            topics: vec![topic],
            ..TxnOffsetCommitRequest::default()
        };
        match self.ask(ApiKey::TxnOffsetCommit, version, &request).await {
            ResponseBody::TxnOffsetCommit(response) => response.topics[0].partitions[0].error_code.into(),
            other => panic!("{other:?}"),
        }
    }

    /// The offset that the group has committed, for whoever can wait for transactions.
    pub(super) async fn offset(&self) -> (i64, ErrorCode) {
        let topic = OffsetFetchRequestTopics {
            name: TOPIC.into(),
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopics::default()
        };
        let group = OffsetFetchRequestGroup {
            group_id: GROUP.into(),
            topics: Some(vec![topic]),
            ..OffsetFetchRequestGroup::default()
        };
        let request =
            OffsetFetchRequest { groups: vec![group], require_stable: true, ..OffsetFetchRequest::default() };
        let ResponseBody::OffsetFetch(response) = self.ask(ApiKey::OffsetFetch, 9, &request).await else {
            panic!()
        };
        let partition = &response.groups[0].topics[0].partitions[0];
        (partition.committed_offset, partition.error_code.into())
    }

    /// What a reader of committed records gets from a partition.
    pub(super) async fn read(&self, partition: i32) -> PartitionData {
        let partition = FetchPartition {
            partition,
            partition_max_bytes: 1 << 20,
            current_leader_epoch: -1,
            ..FetchPartition::default()
        };
        let topic = FetchTopic { topic: TOPIC.into(), partitions: vec![partition], ..FetchTopic::default() };
        let request = FetchRequest {
            isolation_level: 1,
            max_bytes: 1 << 20,
            topics: vec![topic],
            ..FetchRequest::default()
        };
        match self.ask(ApiKey::Fetch, 12, &request).await {
            ResponseBody::Fetch(response) => response.responses[0].partitions[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Where a reader of committed records is at the end of a partition.
    pub(super) async fn stable_end(&self, partition: i32) -> i64 {
        let partition = ListOffsetsPartition {
            partition_index: partition,
            timestamp: -1,
            ..ListOffsetsPartition::default()
        };
        let topic = ListOffsetsTopic {
            name: TOPIC.into(),
            partitions: vec![partition],
            ..ListOffsetsTopic::default()
        };
        let request = ListOffsetsRequest {
            replica_id: -1,
            isolation_level: 1,
            topics: vec![topic],
            ..ListOffsetsRequest::default()
        };
        match self.ask(ApiKey::ListOffsets, 7, &request).await {
            ResponseBody::ListOffsets(response) => response.topics[0].partitions[0].offset,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn describe(&self) -> TransactionState {
        let request = DescribeTransactionsRequest {
            transactional_ids: vec![ID.into()],
            ..DescribeTransactionsRequest::default()
        };
        match self.ask(ApiKey::DescribeTransactions, 0, &request).await {
            ResponseBody::DescribeTransactions(response) => response.transaction_states[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Lets the coordinator's threads work until the transaction is in a state.
    pub(super) async fn until(&self, state: &str) {
        while self.describe().await.transaction_state != state {
            tokio::task::yield_now().await;
        }
    }
}

pub(super) fn transactional(producer: Producer, sequence: i32) -> Bytes {
    batch_of(
        1,
        BatchSettings {
            producer_id: ProducerId(producer.id),
            producer_epoch: producer.epoch,
            base_sequence: sequence,
            is_transactional: true,
            ..BatchSettings::default()
        },
    )
}

pub(super) fn produce_request(version: i16, records: Bytes, partition: i32) -> ProduceRequest {
    let partition =
        PartitionProduceData { index: partition, records: Some(records), ..PartitionProduceData::default() };
    ProduceRequest {
        transactional_id: Some(ID.into()),
        acks: -1,
        timeout_ms: 1000,
        topic_data: vec![TopicProduceData {
            name: if version < 13 { TOPIC.into() } else { KafkaString::EMPTY },
            topic_id: if version < 13 { Uuid::ZERO } else { TOPIC_ID },
            partition_data: vec![partition],
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    }
}
