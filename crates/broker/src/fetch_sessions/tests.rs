//! Sessions: how many there may be, and which make room.

use std::time::Duration;

use ottla_record::Offset;
use ottla_wire::{ErrorCode, KafkaString};

use super::*;

fn wanted(index: i32) -> WantedPartition {
    WantedPartition {
        key: key(index),
        fetch_offset: Offset(0),
        bytes_max: 100,
        current_leader_epoch: None,
        last_fetched_epoch: None,
    }
}

fn key(index: i32) -> PartitionKey {
    PartitionKey { topic: TopicKey::Name(KafkaString::from_static("topic")), index }
}

fn header(session_id: i32, session_epoch: i32, seconds: u64) -> FetchHeader {
    FetchHeader {
        session_id,
        session_epoch,
        uses_topic_ids: false,
        is_from_follower: false,
        now: Duration::from_secs(seconds),
    }
}

const QUIET: Answer = Answer {
    has_records: false,
    has_error: false,
    is_diverging: false,
    high_watermark: 5,
    log_start_offset: 0,
};

/// Begins a session with so many partitions; its id.
fn begin(sessions: &FetchSessions, partitions: i32, header: FetchHeader) -> i32 {
    let (context, wanted) =
        sessions.begin(header, (0..partitions).map(wanted).collect(), Vec::new()).unwrap();
    let mut answers: Vec<_> = wanted.into_iter().map(|wanted| (wanted, QUIET)).collect();
    sessions.end(&context, &mut answers, |answer| *answer).unwrap()
}

/// Goes on with a session; the partitions whose answers must be sent.
fn go_on(
    sessions: &FetchSessions,
    header: FetchHeader,
    answer: impl Fn(i32) -> Answer,
) -> Result<Vec<i32>, ErrorCode> {
    let (context, wanted) = sessions.begin(header, Vec::new(), Vec::new())?;
    let mut answers: Vec<_> =
        wanted.into_iter().map(|wanted| (wanted.clone(), answer(wanted.key.index))).collect();
    sessions.end(&context, &mut answers, |answer| *answer).map_err(|(error, _)| error)?;
    Ok(answers.iter().map(|(wanted, _)| wanted.key.index).collect())
}

#[test]
fn a_session_may_begin_without_partitions_and_ends_if_none_comes() {
    let sessions = FetchSessions::new(8);
    let id = begin(&sessions, 0, header(0, 0, 0));
    assert_ne!(id, 0);
    assert_eq!(go_on(&sessions, header(id, 1, 0), |_| QUIET), Ok(vec![]));
    assert_eq!(go_on(&sessions, header(id, 2, 0), |_| QUIET), Err(ErrorCode::FetchSessionIdNotFound));
}

#[test]
fn an_answer_is_sent_if_it_says_something_new() {
    let sessions = FetchSessions::new(8);
    let id = begin(&sessions, 5, header(0, 0, 0));
    let answer = |index| match index {
        0 => Answer { has_records: true, ..QUIET },
        1 => Answer { high_watermark: 6, ..QUIET },
        2 => Answer { log_start_offset: 1, ..QUIET },
        3 => Answer { has_error: true, high_watermark: -1, log_start_offset: -1, ..QUIET },
        _ => QUIET,
    };
    assert_eq!(go_on(&sessions, header(id, 1, 0), answer), Ok(vec![0, 1, 2, 3]));
    // Who had records stands at the end now; who had an error is told again; the others have their old offsets back.
    assert_eq!(go_on(&sessions, header(id, 2, 0), |_| QUIET), Ok(vec![1, 2, 3]));
    assert_eq!(
        go_on(&sessions, header(id, 3, 0), |_| Answer { has_records: true, ..QUIET }),
        Ok(vec![1, 2, 3, 4, 0])
    );
}

#[test]
fn a_partition_named_twice_is_read_once() {
    let sessions = FetchSessions::new(8);
    let twice = vec![wanted(1), wanted(2), WantedPartition { bytes_max: 7, ..wanted(1) }];
    for epoch in [0, -1] {
        let (_, wanted) = sessions.begin(header(0, epoch, 0), twice.clone(), Vec::new()).unwrap();
        assert_eq!(wanted.iter().map(|w| (w.key.index, w.bytes_max)).collect::<Vec<_>>(), [(1, 7), (2, 100)]);
    }
}

#[test]
fn epochs_wrap_to_one() {
    assert_eq!(session::next_epoch(i32::MAX), 1);
    assert_eq!(session::next_epoch(0), 1);
    assert_eq!(session::next_epoch(-1), -1);
}

#[test]
fn two_requests_of_one_epoch_do_not_both_pass() {
    let sessions = FetchSessions::new(8);
    let id = begin(&sessions, 1, header(0, 0, 0));
    let (first, _) = sessions.begin(header(id, 1, 0), Vec::new(), Vec::new()).unwrap();
    assert_eq!(
        sessions.begin(header(id, 1, 0), Vec::new(), Vec::new()).unwrap_err(),
        ErrorCode::InvalidFetchSessionEpoch
    );
    // The client went on before the first was answered.
    sessions.begin(header(id, 2, 0), Vec::new(), Vec::new()).unwrap();
    let mut answers = vec![(wanted(0), QUIET)];
    let late = sessions.end(&first, &mut answers, |answer| *answer);
    assert_eq!(late, Err((ErrorCode::InvalidFetchSessionEpoch, id)));
}

#[test]
fn a_full_cache_makes_room_only_for_what_is_worth_more() {
    // One slot, all in the first shard; every eighth session comes there.
    let sessions = FetchSessions::new(1);
    let next_turn = |partitions, header| {
        let ids: Vec<_> = (0..8).map(|_| begin(&sessions, partitions, header)).collect();
        ids.into_iter().find(|id| *id != 0)
    };
    let first = next_turn(2, header(0, 0, 0)).expect("there is room");
    assert_eq!(sessions.len(), 1);
    assert_eq!(next_turn(9, header(0, 0, 1)), None, "too young to be evicted");
    go_on(&sessions, header(first, 1, 100), |_| QUIET).unwrap();
    assert_eq!(next_turn(2, header(0, 0, 121)), None, "no larger than the one that is there");
    let second = next_turn(3, header(0, 0, 121)).expect("larger");
    assert_eq!(go_on(&sessions, header(first, 2, 121), |_| QUIET), Err(ErrorCode::FetchSessionIdNotFound));
    let third = next_turn(1, header(0, 0, 242)).expect("the one that is there was idle for long");
    assert_eq!(go_on(&sessions, header(second, 1, 242), |_| QUIET), Err(ErrorCode::FetchSessionIdNotFound));
    let follower = FetchHeader { is_from_follower: true, ..header(0, 0, 363) };
    go_on(&sessions, header(third, 1, 300), |_| QUIET).unwrap();
    assert!(next_turn(1, follower).is_some(), "followers come first");
    assert_eq!((sessions.len(), sessions.partitions(), sessions.evicted()), (1, 1, 3));
}

#[test]
fn without_slots_there_are_no_sessions() {
    let sessions = FetchSessions::new(0);
    assert_eq!(begin(&sessions, 1, header(0, 0, 0)), 0);
}
