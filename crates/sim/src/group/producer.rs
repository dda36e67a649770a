//! Producers that commit offsets of groups in their transactions.

use ottla_group::{TransactionEnd, TransactionalProducer};
use ottla_record::{EndTxnMarker, ProducerId, TransactionResult};
use ottla_wire::api::txn_offset_commit::{TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic};
use ottla_wire::messages::TxnOffsetCommitRequest;

use super::client::{TOPICS, group_id};
use super::world::{Asked, GROUPS, World};

const PRODUCERS: u64 = 5;

impl World {
    /// A producer commits an offset, or its transaction ends.
    pub(super) fn produce(&mut self) {
        let producer = TransactionalProducer { id: ProducerId(self.dice.below(PRODUCERS) as i64), epoch: 0 };
        match self.dice.one_in(3) {
            true => self.end_transaction(producer),
            false => self.commit_in_transaction(producer),
        }
    }

    fn commit_in_transaction(&mut self, producer: TransactionalProducer) {
        let group = group_id(self.dice.below(GROUPS + 1));
        let topic = *self.dice.pick(&TOPICS);
        let partition = self.dice.below(2) as i32;
        self.next_offset += 1;
        let offset = self.next_offset;
        let committed = TxnOffsetCommitRequestPartition {
            partition_index: partition,
            committed_offset: offset,
            ..TxnOffsetCommitRequestPartition::default()
        };
        let of_topic = TxnOffsetCommitRequestTopic {
            name: topic.into(),
            partitions: vec![committed],
            ..TxnOffsetCommitRequestTopic::default()
        };
        let key = (group.clone(), topic.into(), partition);
        let request = TxnOffsetCommitRequest {
            transactional_id: "id".into(),
            group_id: group,
            producer_id: producer.id.0,
            producer_epoch: producer.epoch,
            topics: vec![of_topic],
            ..TxnOffsetCommitRequest::default()
        };
        let token = self.ask(Asked::CommitInTransaction { key, offset });
        let outcome = self.coordinator.handle_txn_offset_commit(self.now.into(), &request, token);
        self.settle(outcome);
    }

    fn end_transaction(&mut self, producer: TransactionalProducer) {
        let result = match self.dice.one_in(3) {
            true => TransactionResult::Abort,
            false => TransactionResult::Commit,
        };
        let marker = EndTxnMarker { result, coordinator_epoch: 0 };
        let token = self.ask(Asked::EndTransaction);
        let end = TransactionEnd { producer, marker, transaction_version: 2 };
        let outcome = self.coordinator.handle_transaction_end(end, token);
        self.settle(outcome);
    }
}
