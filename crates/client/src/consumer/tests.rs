use std::sync::Arc;

use ottla_record::Offset;
use ottla_wire::api::{ApiKey, RequestBody};
use ottla_wire::{ErrorCode, KafkaString};
use parking_lot::Mutex;
use tokio::time::Duration;

use super::testing::{Broker, TOPIC};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn partition(number: i32) -> TopicPartition {
    TopicPartition::new(TOPIC, number)
}

const GROUP: [(&str, &str); 2] = [("group.id", "g"), ("auto.offset.reset", "earliest")];

/// Polls until there are so many records: their partitions and values.
async fn read(consumer: &mut Consumer, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for _ in 0..100 {
        if texts.len() >= count {
            break;
        }
        let records = consumer.poll(SECOND).await.unwrap();
        texts.extend(records.iter().map(|record| {
            format!("{}:{}", record.partition(), String::from_utf8_lossy(record.value().unwrap_or_default()))
        }));
    }
    texts
}

/// Notes what it is told, and commits what is revoked.
#[derive(Clone, Default)]
struct Notes {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Notes {
    fn note(&self, what: &str, partitions: &[TopicPartition]) {
        let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
        self.lines.lock().push(format!("{what} {}", names.join(",")));
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock())
    }
}

impl RebalanceListener for Notes {
    fn assigned<'a>(&'a mut self, _: &'a mut Consumer, partitions: &'a [TopicPartition]) -> Listening<'a> {
        self.note("assigned", partitions);
        Box::pin(std::future::ready(()))
    }

    fn revoked<'a>(
        &'a mut self,
        consumer: &'a mut Consumer,
        partitions: &'a [TopicPartition],
    ) -> Listening<'a> {
        self.note("revoked", partitions);
        Box::pin(async move {
            let _ = consumer.commit_sync().await;
        })
    }

    fn lost<'a>(&'a mut self, _: &'a mut Consumer, partitions: &'a [TopicPartition]) -> Listening<'a> {
        self.note("lost", partitions);
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_joins_reads_commits_and_leaves() {
    let broker = Broker::new(&[&["a", "b"], &["c"]]);
    let mut consumer = broker.consumer(&GROUP);
    let notes = Notes::default();
    consumer.set_listener(notes.clone());
    consumer.subscribe([TOPIC]).await.unwrap();
    let mut all = read(&mut consumer, 3).await;
    all.sort();
    assert_eq!(all, ["0:a", "0:b", "1:c"]);
    assert_eq!(broker.state.lock().joins, ["", "member"]);
    assert_eq!(consumer.group_metadata().unwrap().generation_id, 1);
    assert_eq!(consumer.position(&partition(0)).await.unwrap(), Offset(2));
    consumer.close(SECOND).await.unwrap();
    assert_eq!(broker.state.lock().committed, [(0, 2), (1, 1)].into());
    assert_eq!(notes.taken(), ["assigned t-0,t-1", "revoked t-0,t-1"]);
    assert_eq!(broker.count(ApiKey::LeaveGroup), 1);
}

#[tokio::test(start_paused = true)]
async fn a_member_goes_on_where_its_group_was() {
    let broker = Broker::new(&[&["a", "b", "c"]]);
    broker.state.lock().committed.insert(0, 1);
    let mut consumer = broker.consumer(&[("group.id", "g"), ("enable.auto.commit", "false")]);
    consumer.subscribe([TOPIC]).await.unwrap();
    assert_eq!(read(&mut consumer, 2).await, ["0:b", "0:c"]);
    consumer.close(SECOND).await.unwrap();
    assert_eq!(broker.state.lock().committed[&0], 1);
}

#[tokio::test(start_paused = true)]
async fn a_poll_returns_no_more_than_it_may_and_reads_ahead() {
    let broker = Broker::new(&[&["a", "b", "c", "d", "e"]]);
    let mut consumer = broker.consumer(&[("max.poll.records", "2")]);
    consumer.assign([partition(0)]).await.unwrap();
    consumer.seek_to_beginning(&[]).unwrap();
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 5 {
        sizes.push(consumer.poll(SECOND).await.unwrap().count());
        // The next fetch is for what comes behind the buffer.
        let last = broker.nodes.log().into_iter().rfind(|asked| asked.key == ApiKey::Fetch);
        if let Some(RequestBody::Fetch(request)) = last.map(|asked| asked.body) {
            let offset = request.topics.first().map_or(5, |topic| topic.partitions[0].fetch_offset);
            assert!([0, 5].contains(&offset), "{offset}");
        }
    }
    sizes.retain(|size| *size > 0);
    assert_eq!(sizes, [2, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn seeking_drops_what_was_read_ahead() {
    let broker = Broker::new(&[&["a", "b", "c"]]);
    let mut consumer = broker.consumer(&[("max.poll.records", "1")]);
    consumer.assign([partition(0)]).await.unwrap();
    consumer.seek(&partition(0), Offset(0)).unwrap();
    assert_eq!(read(&mut consumer, 1).await, ["0:a"]);
    consumer.seek(&partition(0), Offset(2)).unwrap();
    assert_eq!(read(&mut consumer, 1).await, ["0:c"]);
    consumer.seek(&partition(0), Offset(0)).unwrap();
    assert_eq!(read(&mut consumer, 3).await, ["0:a", "0:b", "0:c"]);
    assert!(consumer.seek(&partition(7), Offset(0)).is_err());
    assert!(consumer.seek(&partition(0), Offset(-1)).is_err());
}

#[tokio::test(start_paused = true)]
async fn paused_partitions_keep_what_was_read_ahead() {
    let broker = Broker::new(&[&["a", "b"]]);
    let mut consumer = broker.consumer(&[("max.poll.records", "1")]);
    consumer.assign([partition(0)]).await.unwrap();
    consumer.seek_to_beginning(&[]).unwrap();
    assert_eq!(read(&mut consumer, 1).await, ["0:a"]);
    consumer.pause(&[partition(0)]).unwrap();
    assert!(consumer.poll(SECOND).await.unwrap().is_empty());
    assert_eq!(consumer.paused(), [partition(0)].into());
    consumer.resume(&[partition(0)]).unwrap();
    let fetches = broker.count(ApiKey::Fetch);
    assert_eq!(consumer.poll(Duration::ZERO).await.unwrap().count(), 1);
    assert!(broker.count(ApiKey::Fetch) <= fetches + 1);
}

#[tokio::test(start_paused = true)]
async fn out_of_range_is_reset_by_policy() {
    let broker = Broker::new(&[&["a", "b"]]);
    broker.state.lock().start = 10;
    let mut consumer = broker.consumer(&[("auto.offset.reset", "earliest")]);
    consumer.assign([partition(0)]).await.unwrap();
    consumer.seek(&partition(0), Offset(3)).unwrap();
    assert_eq!(read(&mut consumer, 2).await, ["0:a", "0:b"]);

    let mut strict = broker.consumer(&[("auto.offset.reset", "none")]);
    strict.assign([partition(0)]).await.unwrap();
    let error = strict.poll(SECOND).await.unwrap_err();
    assert!(matches!(error, ConsumerError::NoOffset(lost) if lost == [partition(0)]));
    strict.seek(&partition(0), Offset(3)).unwrap();
    let error = loop {
        if let Err(error) = strict.poll(SECOND).await {
            break error;
        }
    };
    assert!(matches!(error, ConsumerError::OutOfRange { offset: Offset(3), .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn errors_of_a_rebalance_lead_to_another_try() {
    let broker = Broker::new(&[&["a"]]);
    broker.fail(ApiKey::FindCoordinator, &[ErrorCode::CoordinatorNotAvailable]);
    broker.fail(ApiKey::JoinGroup, &[ErrorCode::CoordinatorLoadInProgress, ErrorCode::NotCoordinator]);
    broker.fail(ApiKey::SyncGroup, &[ErrorCode::RebalanceInProgress, ErrorCode::UnknownMemberId]);
    broker.fail(ApiKey::OffsetFetch, &[ErrorCode::CoordinatorLoadInProgress]);
    let mut consumer = broker.consumer(&GROUP);
    consumer.subscribe([TOPIC]).await.unwrap();
    assert_eq!(read(&mut consumer, 1).await, ["0:a"]);
    // Twice refused, given an id, interrupted, unknown, given an id again.
    assert_eq!(broker.state.lock().joins, ["", "", "", "member", "member", "", "member"]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_told() {
    let broker = Broker::new(&[&["a"]]);
    broker.fail(ApiKey::JoinGroup, &[ErrorCode::InconsistentGroupProtocol]);
    let mut consumer = broker.consumer(&GROUP);
    assert!(matches!(consumer.poll(SECOND).await, Err(ConsumerError::NothingSubscribed)));
    consumer.subscribe([TOPIC]).await.unwrap();
    let error = consumer.poll(SECOND).await.unwrap_err();
    assert!(error.to_string().contains("INCONSISTENT_GROUP_PROTOCOL"), "{error}");
    // The next poll goes on.
    assert_eq!(read(&mut consumer, 1).await, ["0:a"]);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_go_on_and_tell_of_rebalances() {
    let broker = Broker::new(&[&["a"]]);
    let mut consumer = broker.consumer(&GROUP);
    let notes = Notes::default();
    consumer.set_listener(notes.clone());
    consumer.subscribe([TOPIC]).await.unwrap();
    read(&mut consumer, 1).await;
    tokio::time::sleep(10 * SECOND).await;
    assert_eq!(broker.count(ApiKey::Heartbeat), 3);
    broker.fail(ApiKey::Heartbeat, &[ErrorCode::RebalanceInProgress]);
    tokio::time::sleep(4 * SECOND).await;
    for _ in 0..5 {
        consumer.poll(SECOND).await.unwrap();
    }
    assert_eq!(broker.state.lock().generation, 2);
    assert_eq!(notes.taken(), ["assigned t-0", "revoked t-0", "assigned t-0"]);
    // What was read was committed before it was given up.
    assert_eq!(broker.state.lock().committed[&0], 1);

    broker.fail(ApiKey::Heartbeat, &[ErrorCode::UnknownMemberId]);
    tokio::time::sleep(4 * SECOND).await;
    for _ in 0..5 {
        consumer.poll(SECOND).await.unwrap();
    }
    assert_eq!(notes.taken(), ["lost t-0", "assigned t-0"]);
    assert_eq!(broker.state.lock().joins, ["", "member", "member", "", "member"]);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_poll_in_time_leaves() {
    let broker = Broker::new(&[&["a"]]);
    let mut consumer = broker.consumer(&[GROUP[0], GROUP[1], ("max.poll.interval.ms", "20000")]);
    let notes = Notes::default();
    consumer.set_listener(notes.clone());
    consumer.subscribe([TOPIC]).await.unwrap();
    read(&mut consumer, 1).await;
    tokio::time::sleep(30 * SECOND).await;
    assert_eq!(broker.count(ApiKey::LeaveGroup), 1);
    assert!(matches!(consumer.commit_sync().await, Err(ConsumerError::CommitFailed)));
    for _ in 0..5 {
        consumer.poll(SECOND).await.unwrap();
    }
    assert_eq!(notes.taken(), ["assigned t-0", "lost t-0", "assigned t-0"]);
}

#[tokio::test(start_paused = true)]
async fn a_cooperative_member_keeps_what_it_has() {
    let broker = Broker::new(&[&["a"]]);
    let strategy = ("partition.assignment.strategy", "cooperative-sticky");
    let mut consumer = broker.consumer(&[GROUP[0], GROUP[1], strategy]);
    let notes = Notes::default();
    consumer.set_listener(notes.clone());
    consumer.subscribe([TOPIC]).await.unwrap();
    read(&mut consumer, 1).await;
    consumer.enforce_rebalance("a test").unwrap();
    for _ in 0..3 {
        consumer.poll(SECOND).await.unwrap();
    }
    assert_eq!(broker.state.lock().generation, 2);
    assert_eq!(notes.taken(), ["assigned t-0", "assigned "]);
}

#[tokio::test(start_paused = true)]
async fn the_leader_sees_new_partitions() {
    let broker = Broker::new(&[&["a"]]);
    let mut consumer = broker.consumer(&[GROUP[0], GROUP[1], ("metadata.max.age.ms", "5000")]);
    consumer.subscribe([TOPIC]).await.unwrap();
    read(&mut consumer, 1).await;
    broker.state.lock().partitions.push(vec!["b".to_owned()]);
    assert_eq!(read(&mut consumer, 1).await, ["1:b"]);
    assert_eq!(consumer.assignment(), [partition(0), partition(1)].into());
}

#[tokio::test(start_paused = true)]
async fn a_pattern_finds_its_topics() {
    let broker = Broker::new(&[&["a"]]);
    let mut consumer = broker.consumer(&GROUP);
    consumer.subscribe_pattern("[st]").unwrap();
    assert_eq!(read(&mut consumer, 1).await, ["0:a"]);
    assert_eq!(consumer.subscription().iter().map(KafkaString::as_str).collect::<Vec<_>>(), [TOPIC]);
}

#[tokio::test(start_paused = true)]
async fn commits_in_order_and_their_errors() {
    let broker = Broker::new(&[&["a", "b"]]);
    let mut consumer = broker.consumer(&[GROUP[0], GROUP[1], ("enable.auto.commit", "false")]);
    consumer.subscribe([TOPIC]).await.unwrap();
    read(&mut consumer, 2).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    for offset in [1, 2] {
        let told = Arc::clone(&told);
        let offsets = Offsets::from([(partition(0), OffsetAndMetadata::new(Offset(offset)))]);
        let callback: CommitCallback = Box::new(move |result| told.lock().push((offset, result.is_ok())));
        consumer.commit_offsets_async(offsets, Some(callback)).unwrap();
    }
    broker.fail(ApiKey::OffsetCommit, &[ErrorCode::CoordinatorLoadInProgress]);
    consumer.commit_offsets([(partition(0), OffsetAndMetadata::new(Offset(0)))].into()).await.unwrap();
    assert_eq!(*told.lock(), [(1, true), (2, true)]);
    assert_eq!(broker.state.lock().committed[&0], 0);
    assert_eq!(consumer.committed(&[partition(0)]).await.unwrap()[&partition(0)].offset, Offset(0));

    broker.fail(ApiKey::OffsetCommit, &[ErrorCode::RebalanceInProgress]);
    assert!(matches!(consumer.commit_sync().await, Err(ConsumerError::RebalanceInProgress)));
    broker.fail(ApiKey::OffsetCommit, &[ErrorCode::IllegalGeneration]);
    assert!(matches!(consumer.commit_sync().await, Err(ConsumerError::CommitFailed)));
    assert!(matches!(broker.consumer(&[]).commit_sync().await, Err(ConsumerError::NoGroup)));
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_committed_now_and_then() {
    let broker = Broker::new(&[&["a"]]);
    let mut consumer = broker.consumer(&GROUP);
    consumer.subscribe([TOPIC]).await.unwrap();
    read(&mut consumer, 1).await;
    assert!(broker.state.lock().committed.is_empty());
    for _ in 0..6 {
        consumer.poll(SECOND).await.unwrap();
    }
    assert_eq!(broker.state.lock().committed, [(0, 1)].into());
}

#[tokio::test(start_paused = true)]
async fn a_new_leader_epoch_is_asked_about_the_position() {
    let broker = Broker::new(&[&["a", "b", "c"]]);
    let mut consumer = broker.consumer(&[("auto.offset.reset", "latest"), ("metadata.max.age.ms", "5000")]);
    consumer.assign([partition(0)]).await.unwrap();
    consumer.seek_to_beginning(&[]).unwrap();
    read(&mut consumer, 3).await;
    let before = broker.count(ApiKey::OffsetForLeaderEpoch);
    {
        // The new leader lacks the last record, and writes another.
        let mut state = broker.state.lock();
        state.leader_epoch = 1;
        state.partitions[0].pop();
    }
    for _ in 0..8 {
        consumer.poll(SECOND).await.unwrap();
    }
    assert_eq!(broker.count(ApiKey::OffsetForLeaderEpoch), before + 1);
    assert_eq!(consumer.position(&partition(0)).await.unwrap(), Offset(2));
    broker.state.lock().partitions[0].push("other".to_owned());
    broker.state.lock().leader_epoch = 2;
    assert_eq!(read(&mut consumer, 1).await, ["0:other"]);
}

#[tokio::test(start_paused = true)]
async fn offsets_of_partitions() {
    let broker = Broker::new(&[&["a", "b"], &[]]);
    broker.state.lock().start = 4;
    broker.fail(ApiKey::ListOffsets, &[ErrorCode::NotLeaderOrFollower]);
    let consumer = broker.consumer(&[]);
    let partitions = [partition(0), partition(1)];
    let begin = consumer.beginning_offsets(&partitions).await.unwrap();
    assert_eq!(begin, [(partition(0), Offset(4)), (partition(1), Offset(4))].into());
    let end = consumer.end_offsets(&partitions).await.unwrap();
    assert_eq!(end, [(partition(0), Offset(6)), (partition(1), Offset(4))].into());
    assert!(consumer.offsets_for_times([(partition(0), -1)].into()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_waiting_poll_is_woken_up() {
    let broker = Broker::new(&[&[]]);
    let mut consumer = broker.consumer(&GROUP);
    consumer.subscribe([TOPIC]).await.unwrap();
    let waker = consumer.waker();
    tokio::spawn(async move {
        tokio::time::sleep(SECOND).await;
        waker.wake();
    });
    assert!(matches!(consumer.poll(Duration::MAX).await, Err(ConsumerError::Woken)));
    assert!(consumer.poll(Duration::ZERO).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn static_members_stay_in_their_group() {
    let broker = Broker::new(&[&["a"]]);
    let mut consumer = broker.consumer(&[GROUP[0], GROUP[1], ("group.instance.id", "i")]);
    consumer.subscribe([TOPIC]).await.unwrap();
    read(&mut consumer, 1).await;
    consumer.close(SECOND).await.unwrap();
    assert_eq!(broker.count(ApiKey::LeaveGroup), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fenced_member_is_told() {
    let broker = Broker::new(&[&["a"]]);
    let mut consumer = broker.consumer(&[GROUP[0], GROUP[1], ("group.instance.id", "i")]);
    consumer.subscribe([TOPIC]).await.unwrap();
    read(&mut consumer, 1).await;
    broker.fail(ApiKey::Heartbeat, &[ErrorCode::FencedInstanceId]);
    tokio::time::sleep(4 * SECOND).await;
    let error = consumer.poll(SECOND).await.unwrap_err();
    assert!(error.to_string().contains("FENCED_INSTANCE_ID"), "{error}");
}
