use bytes::Bytes;
use ottla_record::{
    BatchBuilder, BatchSettings, Codec, Compression, Compressor, Decompressor, EndTxnMarker, Header,
    LeaderEpoch, MarkerSettings, NewRecord, Offset, ProducerId, Timestamp, TransactionResult,
};
use ottla_wire::api::fetch::{
    AbortedTransaction, FetchRequest, FetchResponse, FetchableTopicResponse, PartitionData,
};
use ottla_wire::{ErrorCode, Uuid};

use super::fetched::{Fetched, Reading};
use super::session::{Session, Wanted, WantedPartitions};
use crate::consumer::error::ConsumerError;
use crate::consumer::records::PartitionRecords;
use crate::consumer::testing::batch;
use crate::topic_partition::TopicPartition;

fn partition(number: i32) -> TopicPartition {
    TopicPartition::new("t", number)
}

/// Takes at most `max` records at a time until there are no more: their offsets and values, and where to go on.
fn read(mut fetched: Fetched, read_committed: bool, max: usize) -> Result<(String, Offset), ConsumerError> {
    let mut decompressor = Decompressor::with_limit(1 << 20);
    let mut text = String::new();
    loop {
        let mut records = PartitionRecords::new(partition(0));
        let mut reading = Reading { read_committed, check_crcs: true, decompressor: &mut decompressor };
        let more = fetched.take(max, &mut reading, &mut records)?;
        assert!(records.len() <= max);
        for record in records.iter() {
            let value = record.value().map_or_else(|| "null".into(), String::from_utf8_lossy);
            text += &format!("{}={value} ", record.offset());
        }
        if !more {
            return Ok((text.trim_end().to_owned(), fetched.next_offset()));
        }
    }
}

fn fetched(offset: i64, bytes: impl Into<Bytes>) -> Fetched {
    Fetched::new(partition(0), 1, Offset(offset), bytes.into(), None)
}

#[test]
fn records_of_all_codecs_in_pieces_of_any_size() {
    for codec in Codec::ALL {
        let compression = Compression::of(codec);
        let settings =
            |offset| BatchSettings { base_offset: Offset(offset), compression, ..Default::default() };
        let mut bytes = batch(settings(5), &["a", "b", "c"]);
        bytes.extend(batch(settings(8), &["d"]));
        let bytes = Bytes::from(bytes);
        for max in 1..6 {
            let expected = ("5=a 6=b 7=c 8=d".to_owned(), Offset(9));
            assert_eq!(read(fetched(5, bytes.clone()), false, max).unwrap(), expected, "{codec:?} {max}");
        }
        // A fetch may begin within a batch.
        assert_eq!(read(fetched(7, bytes), false, 9).unwrap().0, "7=c 8=d");
    }
}

#[test]
fn keys_and_headers_come_along() {
    let headers = [Header { key: b"h", value: Some(b"1") }, Header { key: b"h", value: None }];
    let record = |key, headers| NewRecord { timestamp: Timestamp(9), key, value: None, headers };
    let settings = BatchSettings { partition_leader_epoch: LeaderEpoch(4), ..Default::default() };
    let mut builder = BatchBuilder::new(settings);
    builder.append(&record(Some(b"k"), &headers)).unwrap();
    builder.append(&record(None, &[])).unwrap();
    let bytes = Bytes::from(builder.build(&mut Compressor::new()).unwrap());
    let mut decompressor = Decompressor::with_limit(0);
    let mut reading = Reading { read_committed: false, check_crcs: true, decompressor: &mut decompressor };
    let mut records = PartitionRecords::new(partition(0));
    assert!(!fetched(0, bytes.clone()).take(9, &mut reading, &mut records).unwrap());
    let all: Vec<_> = records.iter().collect();
    assert_eq!((all[0].key(), all[0].value(), all[0].timestamp()), (Some(&b"k"[..]), None, Timestamp(9)));
    assert_eq!(all[0].headers().collect::<Vec<_>>(), [(&b"h"[..], Some(&b"1"[..])), (&b"h"[..], None)]);
    assert_eq!((all[1].headers_len(), all[1].leader_epoch()), (0, Some(LeaderEpoch(4))));
    // Nothing was copied.
    let key = all[0].key_bytes().unwrap();
    assert!(bytes.as_ptr_range().contains(&key.as_ptr()));
}

#[test]
fn a_batch_cut_off_at_the_end_is_left_for_later() {
    let mut bytes = batch(BatchSettings::default(), &["a"]);
    let second = batch(BatchSettings { base_offset: Offset(1), ..Default::default() }, &["b"]);
    bytes.extend(&second[..second.len() - 1]);
    let fetched = fetched(0, bytes);
    assert_eq!(fetched.end(), Some(Offset(1)));
    assert_eq!(read(fetched, false, 9).unwrap(), ("0=a".to_owned(), Offset(1)));
}

#[test]
fn damage_is_told_with_its_place() {
    let good = batch(BatchSettings::default(), &["a"]);
    let mut flipped = batch(BatchSettings { base_offset: Offset(1), ..Default::default() }, &["b"]);
    *flipped.last_mut().unwrap() ^= 1;
    let bytes = [good.clone(), flipped].concat();
    let place = |result: Result<(String, Offset), ConsumerError>| match result {
        Err(ConsumerError::Corrupt { offset, .. }) => offset.0,
        other => panic!("{other:?}"),
    };
    assert_eq!(place(read(fetched(0, bytes), false, 1)), 1);
    // Not one whole batch.
    assert_eq!(place(read(fetched(7, good[..20].to_vec()), false, 1)), 7);
    assert_eq!(place(read(fetched(7, vec![0xff; 100]), false, 1)), 7);
}

fn transactional(offset: i64, producer: i64, values: &[&str]) -> Vec<u8> {
    let settings = BatchSettings {
        base_offset: Offset(offset),
        producer_id: ProducerId(producer),
        producer_epoch: 0,
        base_sequence: 0,
        is_transactional: true,
        ..Default::default()
    };
    batch(settings, values)
}

fn marker(offset: i64, producer: i64, result: TransactionResult) -> Vec<u8> {
    EndTxnMarker { result, coordinator_epoch: 0 }.to_batch(&MarkerSettings {
        offset: Offset(offset),
        timestamp: Timestamp(0),
        partition_leader_epoch: LeaderEpoch(0),
        producer_id: ProducerId(producer),
        producer_epoch: 0,
    })
}

#[test]
fn aborted_records_are_for_those_who_want_them() {
    let bytes: Bytes = [
        transactional(0, 1, &["aborted"]),
        transactional(1, 2, &["kept"]),
        marker(2, 1, TransactionResult::Abort),
        transactional(3, 1, &["kept too"]),
        marker(4, 2, TransactionResult::Commit),
        marker(5, 1, TransactionResult::Commit),
    ]
    .concat()
    .into();
    let aborted = AbortedTransaction { producer_id: 1, first_offset: 0, ..Default::default() };
    let with_aborted =
        || Fetched::new(partition(0), 1, Offset(0), bytes.clone(), Some(vec![aborted.clone()]));
    assert_eq!(read(with_aborted(), true, 1).unwrap(), ("1=kept 3=kept too".to_owned(), Offset(6)));
    assert_eq!(read(fetched(0, bytes.clone()), false, 9).unwrap().0, "0=aborted 1=kept 3=kept too");
}

fn wanted(offsets: &[(i32, i64)]) -> WantedPartitions {
    let wanted =
        |offset| Wanted { topic_id: Uuid::from_halves(0, 7), offset, leader_epoch: 0, max_bytes: 100 };
    offsets.iter().map(|(number, offset)| (partition(*number), wanted(*offset))).collect()
}

fn answer(session_id: i32, numbers: &[i32]) -> FetchResponse {
    let data = |number: &i32| PartitionData { partition_index: *number, ..Default::default() };
    FetchResponse {
        session_id,
        responses: vec![FetchableTopicResponse {
            topic_id: Uuid::from_halves(0, 7),
            partitions: numbers.iter().map(data).collect(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// Session id and epoch, the partitions asked for, the partitions to forget.
fn filled(session: &mut Session, offsets: &[(i32, i64)]) -> (i32, i32, Vec<i32>, Vec<i32>) {
    let mut request = FetchRequest::default();
    assert!(session.fill(&mut request, wanted(offsets)));
    let asked = request.topics.iter().flat_map(|topic| &topic.partitions).map(|p| p.partition).collect();
    let forgotten =
        request.forgotten_topics_data.iter().flat_map(|topic| &topic.partitions).copied().collect();
    (request.session_id, request.session_epoch, asked, forgotten)
}

#[test]
fn a_session_carries_only_what_changed() {
    let mut session = Session::default();
    assert_eq!(filled(&mut session, &[(0, 1), (1, 1)]), (0, 0, vec![0, 1], vec![]));
    session.handle(&answer(9, &[0, 1]), 13).unwrap();
    assert_eq!(filled(&mut session, &[(0, 1), (1, 2)]), (9, 1, vec![1], vec![]));
    session.handle(&answer(9, &[]), 13).unwrap();
    assert_eq!(filled(&mut session, &[(1, 2), (2, 0)]), (9, 2, vec![2], vec![0]));
    session.handle(&answer(9, &[2]), 13).unwrap();
    let close = session.close().unwrap();
    assert_eq!((close.session_id, close.session_epoch), (9, -1));
    assert!(session.close().is_none());
}

#[test]
fn a_lost_session_begins_anew() {
    let error = |code: ErrorCode| FetchResponse { error_code: code.number(), ..Default::default() };
    let lost = |response: &FetchResponse| {
        let mut session = Session::default();
        filled(&mut session, &[(0, 1)]);
        session.handle(&answer(9, &[0]), 13).unwrap();
        filled(&mut session, &[(0, 1)]);
        assert!(session.handle(response, 13).is_err());
        filled(&mut session, &[(0, 1)])
    };
    assert_eq!(lost(&error(ErrorCode::FetchSessionIdNotFound)), (0, 0, vec![0], vec![]));
    // The broker is to close the session that it still has.
    assert_eq!(lost(&error(ErrorCode::InvalidFetchSessionEpoch)), (9, 0, vec![0], vec![]));
    // An answer about what was not asked for.
    assert_eq!(lost(&answer(9, &[5])), (9, 0, vec![0], vec![]));
}

#[test]
fn a_full_answer_must_be_complete() {
    let mut session = Session::default();
    filled(&mut session, &[(0, 1), (1, 1)]);
    assert!(session.handle(&answer(9, &[0]), 13).is_err());
    assert_eq!(filled(&mut session, &[(0, 1)]), (0, 0, vec![0], vec![]));
    // A broker without sessions.
    session.handle(&answer(0, &[0]), 13).unwrap();
    assert_eq!(filled(&mut session, &[(0, 1)]), (0, 0, vec![0], vec![]));
}
