//! Markers are written, or not.

use ottla_record::TransactionResult;

use super::*;
use crate::MarkersId;

const WRITTEN: MarkerOutcome = MarkerOutcome::Answered(ErrorCode::None);

/// A transaction of three partitions that is about to be committed.
fn committing() -> (Scene, Producer) {
    let mut scene = Scene::v1();
    let producer = scene.init("t");
    for (topic, partition) in [("a", 0), ("a", 1), ("b", 0)] {
        scene.add("t", producer, topic, partition);
    }
    scene.marks_at_once = false;
    scene.end("t", producer, true).unwrap();
    (scene, producer)
}

impl Scene {
    fn answer_marker(&mut self, id: MarkersId, topic: &str, partition: i32, outcome: MarkerOutcome) {
        let results = [marker_result((&topic.into(), partition), outcome)];
        let outcome = self.coordinator.handle_markers_written(self.now.into(), id, &results);
        self.settle(outcome);
    }
}

#[test]
fn a_transaction_is_over_when_each_partition_has_its_marker() {
    let (mut scene, producer) = committing();
    let markers = scene.markers.pop_front().unwrap();
    assert_eq!(markers.partitions.iter().collect::<Vec<_>>().len(), 3);
    assert_eq!((markers.producer_id, markers.producer_epoch), (producer.id, producer.epoch));
    assert_eq!((markers.result, markers.coordinator_epoch), (TransactionResult::Commit, COORDINATOR_EPOCH));
    assert_eq!(markers.transactional_id, "t");
    scene.answer_marker(markers.id, "b", 0, WRITTEN);
    scene.answer_marker(markers.id, "b", 0, WRITTEN);
    scene.answer_marker(markers.id, "c", 0, WRITTEN);
    scene.answer_marker(markers.id, "a", 1, WRITTEN);
    assert_eq!(scene.state("t"), "PrepareCommit 1000/0 1");
    scene.answer_marker(markers.id, "a", 0, WRITTEN);
    assert_eq!(scene.state("t"), "CompleteCommit 1000/0 0");
    scene.answer_marker(markers.id, "a", 0, WRITTEN);
}

#[test]
fn what_fails_is_tried_again_by_itself() {
    for outcome in [
        MarkerOutcome::Unreachable,
        MarkerOutcome::Answered(ErrorCode::NotLeaderOrFollower),
        MarkerOutcome::Answered(ErrorCode::UnknownTopicOrPartition),
        MarkerOutcome::Answered(ErrorCode::NotEnoughReplicas),
        MarkerOutcome::Answered(ErrorCode::NotEnoughReplicasAfterAppend),
        MarkerOutcome::Answered(ErrorCode::RequestTimedOut),
        MarkerOutcome::Answered(ErrorCode::KafkaStorageError),
        MarkerOutcome::Answered(ErrorCode::UnknownServerError),
    ] {
        let (mut scene, _) = committing();
        let markers = scene.markers.pop_front().unwrap();
        scene.answer_marker(markers.id, "b", 0, outcome);
        assert_eq!(scene.markers.len(), 0, "not at once");
        scene.pass(49);
        scene.answer_marker(markers.id, "a", 0, WRITTEN);
        assert_eq!(scene.markers.len(), 0, "{outcome:?}");
        scene.pass(1);
        let again = scene.markers.pop_front().unwrap();
        assert_eq!(again.partitions.iter().collect::<Vec<_>>(), [(&"b".into(), 0)]);
        // The late answer to the first attempt for another partition is still good.
        scene.answer_marker(markers.id, "a", 1, WRITTEN);
        assert_eq!(scene.state("t"), "PrepareCommit 1000/0 1");
        scene.answer_marker(markers.id, "b", 0, WRITTEN);
        assert_eq!(scene.state("t"), "PrepareCommit 1000/0 1", "that one had been answered");
        scene.answer_marker(again.id, "b", 0, WRITTEN);
        assert_eq!(scene.state("t"), "CompleteCommit 1000/0 0");
    }
}

#[test]
fn a_partition_that_cannot_have_a_marker_needs_none() {
    for outcome in [
        MarkerOutcome::Deleted,
        MarkerOutcome::Answered(ErrorCode::UnsupportedForMessageFormat),
        MarkerOutcome::Answered(ErrorCode::UnsupportedVersion),
    ] {
        let (mut scene, _) = committing();
        scene.mark(outcome);
        assert_eq!(scene.state("t"), "CompleteCommit 1000/0 0", "{outcome:?}");
    }
}

#[test]
fn a_topic_may_be_deleted_while_it_is_tried_again() {
    let (mut scene, _) = committing();
    scene.mark(MarkerOutcome::Answered(ErrorCode::UnknownTopicOrPartition));
    scene.pass(50);
    scene.mark(MarkerOutcome::Deleted);
    assert_eq!(scene.state("t"), "CompleteCommit 1000/0 0");
}

#[test]
fn whoever_is_fenced_leaves_the_transaction_to_the_successor() {
    for error in [ErrorCode::InvalidProducerEpoch, ErrorCode::TransactionCoordinatorFenced] {
        let (mut scene, producer) = committing();
        let markers = scene.markers.pop_front().unwrap();
        scene.answer_marker(markers.id, "a", 0, MarkerOutcome::Unreachable);
        scene.answer_marker(markers.id, "a", 1, MarkerOutcome::Answered(error));
        scene.answer_marker(markers.id, "b", 0, WRITTEN);
        scene.pass(3_600_000);
        assert_eq!((scene.state("t").as_str(), scene.markers.len()), ("PrepareCommit 1000/0 2", 0));
        assert_eq!(scene.end("t", producer, true), Err(ErrorCode::ConcurrentTransactions));
        let mut successor = scene.reload();
        successor.marks_at_once = true;
        successor.finish_loading();
        assert_eq!(successor.state("t"), "CompleteCommit 1000/0 0");
    }
}

#[test]
fn that_it_is_over_is_written_until_it_is_written() {
    let (mut scene, producer) = committing();
    scene.commits_at_once = false;
    scene.mark(WRITTEN);
    assert_eq!((scene.state("t").as_str(), scene.uncommitted.len()), ("PrepareCommit 1000/0 0", 1));
    scene.fail(ErrorCode::NotEnoughReplicas);
    assert_eq!(scene.add("t", producer, "a", 0), ErrorCode::ConcurrentTransactions);
    scene.append_error = Some(ErrorCode::NotEnoughReplicas);
    scene.pass(1000);
    scene.append_error = None;
    scene.pass(50);
    scene.commit();
    assert_eq!(scene.state("t"), "CompleteCommit 1000/0 0");
}
