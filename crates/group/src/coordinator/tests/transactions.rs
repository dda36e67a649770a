//! Offsets are committed in transactions.

use ottla_record::{EndTxnMarker, TransactionResult};
use ottla_wire::api::txn_offset_commit::{TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic};
use ottla_wire::messages::{OffsetDeleteRequest, TxnOffsetCommitRequest};

use super::*;
use crate::{DeletedTopic, TransactionEnd, TransactionalProducer};

const PRODUCER: ProducerId = ProducerId(40);

fn txn_request(group: &str, topic: &str, offset: i64) -> TxnOffsetCommitRequest {
    let partition = TxnOffsetCommitRequestPartition {
        committed_offset: offset,
        committed_metadata: Some("note".into()),
        ..TxnOffsetCommitRequestPartition::default()
    };
    let topic = TxnOffsetCommitRequestTopic {
        name: topic.into(),
        partitions: vec![partition],
        ..TxnOffsetCommitRequestTopic::default()
    };
    TxnOffsetCommitRequest {
        transactional_id: "id".into(),
        group_id: group.into(),
        producer_id: PRODUCER.0,
        topics: vec![topic],
        ..TxnOffsetCommitRequest::default()
    }
}

impl Scene {
    fn txn_commit(&mut self, request: &TxnOffsetCommitRequest) -> ErrorCode {
        let token = self.token();
        let outcome = self.coordinator.handle_txn_offset_commit(self.now.into(), request, token);
        self.settle(outcome);
        match self.answer(token) {
            Some(Response::TxnOffsetCommit(response)) => response.topics[0].partitions[0].error_code.into(),
            other => panic!("{other:?}"),
        }
    }

    fn end(&mut self, result: TransactionResult) -> ErrorCode {
        let token = self.token();
        let marker = EndTxnMarker { result, coordinator_epoch: 3 };
        let end = TransactionEnd {
            producer: TransactionalProducer { id: PRODUCER, epoch: 0 },
            marker,
            transaction_version: 1,
        };
        let outcome = self.coordinator.handle_transaction_end(end, token);
        self.settle(outcome);
        match self.answer(token) {
            Some(Response::EndTransaction(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    /// The offset and error of partition 0, for whoever can wait for the end of transactions.
    fn stable_offset(&mut self, group: &str, topic: &str) -> (i64, ErrorCode) {
        let token = self.send_fetch(group, Some(&[topic]), true);
        let fetched = self.fetched(token);
        let partition = &fetched.topics[0].partitions[0];
        (partition.committed_offset, partition.error_code.into())
    }

    fn any_offset(&mut self, group: &str, topic: &str) -> i64 {
        let token = self.send_fetch(group, Some(&[topic]), false);
        self.fetched(token).topics[0].partitions[0].committed_offset
    }
}

#[test]
fn an_offset_counts_once_its_transaction_is_committed() {
    for (result, expected) in [(TransactionResult::Commit, 7), (TransactionResult::Abort, 5)] {
        let mut scene = Scene::new();
        let token = scene.send_commit(8, &commit_request("g", "t", 5));
        assert_eq!(scene.committed(token), ErrorCode::None);
        assert_eq!(scene.txn_commit(&txn_request("g", "t", 7)), ErrorCode::None);
        assert_eq!(scene.stable_offset("g", "t"), (-1, ErrorCode::UnstableOffsetCommit));
        assert_eq!(scene.any_offset("g", "t"), 5);
        assert_eq!(scene.end(result), ErrorCode::None);
        assert_eq!(scene.stable_offset("g", "t"), (expected, ErrorCode::None));
    }
}

#[test]
fn a_later_plain_commit_outlives_the_transaction() {
    let mut scene = Scene::new();
    scene.txn_commit(&txn_request("g", "t", 7));
    let token = scene.send_commit(8, &commit_request("g", "t", 9));
    assert_eq!(scene.committed(token), ErrorCode::None);
    assert_eq!(scene.end(TransactionResult::Commit), ErrorCode::None);
    assert_eq!(scene.stable_offset("g", "t"), (9, ErrorCode::None));
}

#[test]
fn members_are_checked_if_they_say_who_they_are() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    let as_member = |member: &str, generation_id| TxnOffsetCommitRequest {
        member_id: member.into(),
        generation_id,
        ..txn_request("g", "t", 7)
    };
    assert_eq!(scene.txn_commit(&as_member("", -1)), ErrorCode::None, "as old clients ask");
    assert_eq!(scene.txn_commit(&as_member(&member, 1)), ErrorCode::None);
    assert_eq!(scene.txn_commit(&as_member(&member, 0)), ErrorCode::IllegalGeneration);
    assert_eq!(scene.txn_commit(&as_member("who", 1)), ErrorCode::UnknownMemberId);
    let mut request = as_member(&member, 1);
    request.group_id = "none".into();
    assert_eq!(scene.txn_commit(&request), ErrorCode::IllegalGeneration);
    request.group_instance_id = Some("instance".into());
    request.group_id = "g".into();
    assert_eq!(scene.txn_commit(&request), ErrorCode::UnknownMemberId);
    // While the group rebalances, a transaction may go on.
    let (_, _) = scene.join_new("g", &[("range", "t")]);
    assert_eq!(scene.state("g"), "PreparingRebalance");
    assert_eq!(scene.txn_commit(&as_member(&member, 1)), ErrorCode::None);
    // A commit within a transaction is no sign of life.
    scene.pass(i64::from(SESSION_MS));
    assert_eq!(scene.heartbeat("g", &member, 1), ErrorCode::UnknownMemberId);
}

#[test]
fn notes_are_no_longer_than_in_plain_commits() {
    let mut scene = Scene::new();
    let mut request = txn_request("g", "t", 7);
    request.topics[0].partitions[0].committed_metadata = Some("0123456789abcdefg".into());
    assert_eq!(scene.txn_commit(&request), ErrorCode::OffsetMetadataTooLarge);
    assert!(scene.log.is_empty());
}

#[test]
fn what_is_pending_neither_expires_nor_survives_deletions() {
    let mut scene = Scene::new();
    scene.txn_commit(&txn_request("g", "t", 7));
    scene.pass(8 * 24 * 3_600_000);
    assert_eq!(scene.state("g"), "Empty", "a transaction commits for it");
    assert_eq!(scene.stable_offset("g", "t").1, ErrorCode::UnstableOffsetCommit);
    let token = scene.token();
    let topics = vec![ottla_wire::api::offset_delete::OffsetDeleteRequestTopic {
        name: "t".into(),
        partitions: vec![Default::default()],
    }];
    let request = OffsetDeleteRequest { group_id: "g".into(), topics };
    let outcome = scene.coordinator.handle_offset_delete(&request, token);
    scene.settle(outcome);
    assert_eq!(scene.stable_offset("g", "t"), (-1, ErrorCode::None));
    scene.end(TransactionResult::Commit);
    assert_eq!(scene.stable_offset("g", "t"), (-1, ErrorCode::None), "deleted meanwhile");

    scene.txn_commit(&txn_request("g", "t", 8));
    let gone = DeletedTopic { name: "t".into(), id: ottla_wire::Uuid::from_halves(1, 1) };
    let outcome = scene.coordinator.handle_topics_deleted(&[gone]);
    scene.settle(outcome);
    scene.end(TransactionResult::Commit);
    assert_eq!(scene.any_offset("g", "t"), -1);
    scene.pass(8 * 24 * 3_600_000);
    assert_eq!(scene.state("g"), "none");
}

#[test]
fn a_successor_knows_what_is_pending() {
    let mut scene = Scene::new();
    let record = GroupRecord::offset_commit(
        &"g".into(),
        &"t".into(),
        0,
        crate::OffsetAndMetadata {
            record_offset: Offset::NONE,
            committed_offset: Offset(7),
            leader_epoch: ottla_record::LeaderEpoch::NONE,
            metadata: KafkaString::EMPTY,
            commit_timestamp: scene.now,
            expire_timestamp: None,
            topic_id: ottla_wire::Uuid::ZERO,
        },
    );
    scene.load(0, PRODUCER, record);
    assert_eq!(scene.stable_offset("g", "t"), (-1, ErrorCode::UnstableOffsetCommit));
    // The marker was written before the coordinator moved; its sender asks again.
    scene.coordinator.replay_end_transaction(PRODUCER, true);
    assert_eq!(scene.end(TransactionResult::Commit), ErrorCode::None);
    assert_eq!(scene.stable_offset("g", "t"), (7, ErrorCode::None));
}

#[test]
fn who_ends_a_transaction_hears_why_it_could_not_be() {
    let mut scene = Scene::new();
    scene.txn_commit(&txn_request("g", "t", 7));
    scene.append_error = Some(ErrorCode::TransactionCoordinatorFenced);
    assert_eq!(scene.end(TransactionResult::Commit), ErrorCode::TransactionCoordinatorFenced);
    assert_eq!(scene.txn_commit(&txn_request("g", "t", 8)), ErrorCode::TransactionCoordinatorFenced);
    scene.append_error = Some(ErrorCode::NotEnoughReplicas);
    assert_eq!(scene.txn_commit(&txn_request("g", "t", 8)), ErrorCode::CoordinatorNotAvailable);
    scene.append_error = None;
    assert_eq!(scene.stable_offset("g", "t").1, ErrorCode::UnstableOffsetCommit);
    scene.end(TransactionResult::Commit);
    assert_eq!(scene.stable_offset("g", "t"), (7, ErrorCode::None));
}
