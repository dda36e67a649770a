//! Fetch, from the bytes of a request to those of its answer.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ottla_log::index::AbortedTransaction as Aborted;
use ottla_log::log::LogSlice;
use ottla_log::producer_state::AppendOrigin;
use ottla_record::{BatchSettings, EndTxnMarker, MarkerSettings, ProducerId, TransactionResult};
use ottla_wire::Message;
use ottla_wire::api::fetch::{
    AbortedTransaction, EpochEndOffset, FetchResponse, FetchTopic, FetchableTopicResponse, ForgottenTopic,
    LeaderIdAndEpoch, NodeEndpoint, PartitionData, ReplicaState,
};
use ottla_wire::api::{ApiKey, ResponseBody, encode_response};

use super::respond::{Head, encode};
use super::*;
use crate::api::leaders::CurrentLeader;
use crate::testing::{NOW, Rig, TOPIC, TOPIC_ID, batch, batch_of, concatenated, decoded};

fn append(rig: &Rig, index: i32, records: usize) {
    rig.append(index, records);
}

fn partition(index: i32, fetch_offset: i64) -> FetchPartition {
    FetchPartition {
        partition: index,
        fetch_offset,
        partition_max_bytes: 1 << 20,
        current_leader_epoch: -1,
        ..FetchPartition::default()
    }
}

fn request(version: i16, partitions: Vec<FetchPartition>) -> FetchRequest {
    let by_id = version >= 13;
    FetchRequest {
        replica_id: CONSUMER,
        max_wait_ms: 500,
        min_bytes: 1,
        max_bytes: 50 << 20,
        session_epoch: -1,
        topics: vec![FetchTopic {
            topic: if by_id { KafkaString::EMPTY } else { KafkaString::from_static(TOPIC) },
            topic_id: if by_id { TOPIC_ID } else { Uuid::ZERO },
            partitions,
            ..FetchTopic::default()
        }],
        ..FetchRequest::default()
    }
}

async fn fetch(rig: &Rig, version: i16, request: &FetchRequest) -> FetchResponse {
    let body = rig.ask(ApiKey::Fetch, version, request).await;
    let ResponseBody::Fetch(response) = body else { panic!("{body:?}") };
    response
}

async fn fetch_one(rig: &Rig, version: i16, request: &FetchRequest) -> PartitionData {
    fetch(rig, version, request).await.responses[0].partitions[0].clone()
}

fn records_len(data: &PartitionData) -> usize {
    data.records.as_ref().map_or(0, Bytes::len)
}

#[tokio::test]
async fn every_version_reads() {
    let rig = Rig::new();
    rig.create_topic(1);
    append(&rig, 0, 2);
    append(&rig, 0, 1);
    for version in 4..=18 {
        let response = fetch(&rig, version, &request(version, vec![partition(0, 2)])).await;
        let [topic] = &response.responses[..] else { panic!("{response:?}") };
        assert_eq!(topic.topic, if version < 13 { TOPIC } else { "" }, "version {version}");
        assert_eq!(topic.topic_id, if version < 13 { Uuid::ZERO } else { TOPIC_ID });
        let [data] = &topic.partitions[..] else { panic!("{topic:?}") };
        assert_eq!((data.error_code, data.high_watermark, data.last_stable_offset), (0, 3, 3));
        assert_eq!(records_len(data), batch(1).len());
        assert_eq!(data.log_start_offset, if version < 5 { -1 } else { 0 });
        assert_eq!(data.aborted_transactions, None);
    }
    assert_eq!(rig.partition(0).topic().metrics.bytes_out.value() as usize, 15 * batch(1).len());
}

/// The bytes are those that the codec of all messages would have written.
#[test]
fn the_answer_written_by_hand_is_the_codecs() {
    let rig = Rig::new();
    rig.create_topic(1);
    append(&rig, 0, 3);
    let read = read_all(
        &[Target::find(
            &rig.partitions().topics(),
            wanted_partition(TopicKey::Name(KafkaString::from_static(TOPIC)), &partition(0, 0)),
            false,
        )],
        &Limits { bytes_max: 1 << 20, bytes_min: 0, isolation: FetchIsolation::HighWatermark },
    );
    let slice = read.results[0].slice.clone().unwrap();
    for version in 4..=18 {
        let answers: Vec<_> = (0..4).map(|index| answered(version, index, &slice)).collect();
        let head = Head { version, correlation_id: 42, error: ErrorCode::None, session_id: 77 };
        let endpoint = |node_id, rack| NodeEndpoint {
            node_id,
            host: KafkaString::from_static("host"),
            port: 9092,
            rack,
            ..NodeEndpoint::default()
        };
        let endpoints = match version >= 16 {
            true => vec![endpoint(2, None), endpoint(3, Some(KafkaString::from_static("rack")))],
            false => Vec::new(),
        };
        let by_hand = concatenated(&encode(&head, &answers, &endpoints));

        let response = FetchResponse {
            session_id: if version < 7 { 0 } else { 77 },
            node_endpoints: endpoints.clone(),
            responses: vec![
                topic_response(version, &answers[..2]),
                topic_response(version, &answers[2..3]),
                topic_response(version, &answers[3..]),
            ],
            ..FetchResponse::default()
        };
        let mut by_codec = BytesMut::new();
        encode_response(42, &response.into(), version, &mut by_codec).unwrap();
        assert_eq!(by_hand, by_codec, "version {version}");

        let head = Head { error: ErrorCode::FetchSessionIdNotFound, session_id: 0, ..head };
        let by_hand = concatenated(&encode(&head, &[], &[]));
        let error_code = ErrorCode::FetchSessionIdNotFound.number();
        let response = FetchResponse { error_code, ..FetchResponse::default() };
        let mut by_codec = BytesMut::new();
        encode_response(42, &response.into(), version, &mut by_codec).unwrap();
        assert_eq!(by_hand, by_codec, "version {version}");
    }
}

/// Answers of every kind: two of one topic, then one each of two others.
fn answered(version: i16, index: i32, slice: &LogSlice) -> Answered {
    let diverging = ottla_log::offsets::OffsetAndEpoch { leader_epoch: LeaderEpoch(3), offset: Offset(17) };
    let aborted = vec![Aborted { producer_id: ProducerId(5), first_offset: Offset(1), ..aborted_default() }];
    let topic = ["one", "one", "two", "three"][index as usize];
    Answered {
        topic: if version < 13 { KafkaString::from_static(topic) } else { KafkaString::EMPTY },
        topic_id: if version < 13 {
            Uuid::ZERO
        } else {
            Uuid::from_halves(1, topic.len() as u64 + u64::from(topic == "two"))
        },
        index,
        error: if index == 3 { ErrorCode::NotLeaderOrFollower } else { ErrorCode::None },
        high_watermark: 10,
        last_stable_offset: 9,
        log_start_offset: if version < 5 { -1 } else { 1 },
        diverging: (index == 2 && version >= 12).then_some(diverging),
        aborted_transactions: (index < 2).then_some(aborted),
        slice: (index != 2).then(|| slice.clone()),
        current_leader: (index >= 2 && version >= 12).then_some(CurrentLeader { id: 2, epoch: 9 }),
        ..Answered::nothing()
    }
}

fn aborted_default() -> Aborted {
    Aborted {
        producer_id: ProducerId(0),
        first_offset: Offset(0),
        last_offset: Offset(0),
        last_stable_offset: Offset(0),
    }
}

fn topic_response(version: i16, answers: &[Answered]) -> FetchableTopicResponse {
    let partition = |answered: &Answered| PartitionData {
        partition_index: answered.index,
        error_code: answered.error.number(),
        high_watermark: answered.high_watermark,
        last_stable_offset: answered.last_stable_offset,
        log_start_offset: answered.log_start_offset,
        diverging_epoch: answered.diverging.map_or_else(EpochEndOffset::default, |diverging| {
            EpochEndOffset {
                epoch: diverging.leader_epoch.0,
                end_offset: diverging.offset.0,
                ..EpochEndOffset::default()
            }
        }),
        aborted_transactions: answered.aborted_transactions.as_ref().map(|aborted| {
            let transaction = |aborted: &Aborted| AbortedTransaction {
                producer_id: aborted.producer_id.0,
                first_offset: aborted.first_offset.0,
                ..AbortedTransaction::default()
            };
            aborted.iter().map(transaction).collect()
        }),
        current_leader: answered.current_leader.map_or_else(LeaderIdAndEpoch::default, |leader| {
            LeaderIdAndEpoch {
                leader_id: leader.id,
                leader_epoch: leader.epoch,
                ..LeaderIdAndEpoch::default()
            }
        }),
        records: Some(answered.slice.as_ref().map_or_else(Bytes::new, |slice| {
            let mut bytes = vec![0; slice.len as usize];
            slice.file.read_exact_at(&mut bytes, slice.position.into()).unwrap();
            bytes.into()
        })),
        ..PartitionData::default()
    };
    FetchableTopicResponse {
        topic: answers[0].topic.clone(),
        topic_id: if version < 13 { Uuid::ZERO } else { answers[0].topic_id },
        partitions: answers.iter().map(partition).collect(),
        ..FetchableTopicResponse::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_at_the_end_waits_for_records() {
    let rig = Rig::new();
    rig.create_topic(2);
    let at_end = request(12, vec![partition(0, 0), partition(1, 0)]);
    let Started::Waiting(waiting) = rig.start(ApiKey::Fetch, 12, &at_end) else { panic!("did not wait") };
    let waiting = tokio::spawn(waiting);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    append(&rig, 1, 1);
    let before = tokio::time::Instant::now();
    let ResponseBody::Fetch(response) = decoded(waiting.await.unwrap(), ApiKey::Fetch, 12) else { panic!() };
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(response.responses[0].partitions.iter().map(records_len).sum::<usize>(), batch(1).len());
    assert_eq!(rig.partition(0).waiters().len() + rig.partition(1).waiters().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_waits_no_longer_than_it_says_and_for_no_less_than_it_wants() {
    let rig = Rig::new();
    rig.create_topic(1);
    append(&rig, 0, 1);
    let before = tokio::time::Instant::now();
    let mut greedy = request(12, vec![partition(0, 0)]);
    greedy.min_bytes = 2 * i32::try_from(batch(1).len()).unwrap();
    let data = fetch_one(&rig, 12, &greedy).await;
    assert_eq!((before.elapsed().as_millis(), records_len(&data)), (500, batch(1).len()));

    let Started::Waiting(waiting) = rig.start(ApiKey::Fetch, 12, &greedy) else { panic!("did not wait") };
    let waiting = tokio::spawn(waiting);
    tokio::task::yield_now().await;
    append(&rig, 0, 1);
    let before = tokio::time::Instant::now();
    let ResponseBody::Fetch(response) = decoded(waiting.await.unwrap(), ApiKey::Fetch, 12) else { panic!() };
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(records_len(&response.responses[0].partitions[0]), 2 * batch(1).len());

    let mut impatient = request(12, vec![partition(0, 2)]);
    impatient.max_wait_ms = 0;
    assert!(matches!(rig.start(ApiKey::Fetch, 12, &impatient), Started::Done(_)));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_fetch_learns_that_its_topic_is_gone() {
    let rig = Rig::new();
    rig.create_topic(1);
    let mut patient = request(12, vec![partition(0, 0)]);
    patient.max_wait_ms = 60_000;
    let Started::Waiting(waiting) = rig.start(ApiKey::Fetch, 12, &patient) else { panic!("did not wait") };
    let waiting = tokio::spawn(waiting);
    tokio::task::yield_now().await;
    rig.partitions().remove_topic(TOPIC_ID);
    let before = tokio::time::Instant::now();
    let ResponseBody::Fetch(response) = decoded(waiting.await.unwrap(), ApiKey::Fetch, 12) else { panic!() };
    assert_eq!(before.elapsed(), Duration::ZERO);
    let data = &response.responses[0].partitions[0];
    assert_eq!(data.error_code, ErrorCode::NotLeaderOrFollower.number());
}

#[tokio::test]
async fn limits_hold_but_for_the_first_batch() {
    let rig = Rig::new();
    rig.create_topic(2);
    for _ in 0..3 {
        append(&rig, 0, 1);
        append(&rig, 1, 1);
    }
    let size = batch(1).len();
    let lens = async |max_bytes: usize, partition_max_bytes: usize| {
        let mut wanted = request(12, vec![partition(0, 0), partition(1, 0)]);
        wanted.max_bytes = i32::try_from(max_bytes).unwrap();
        for partition in &mut wanted.topics[0].partitions {
            partition.partition_max_bytes = i32::try_from(partition_max_bytes).unwrap();
        }
        let response = fetch(&rig, 12, &wanted).await;
        response.responses[0].partitions.iter().map(records_len).collect::<Vec<_>>()
    };
    assert_eq!(lens(1 << 20, 1 << 20).await, [3 * size, 3 * size]);
    assert_eq!(lens(1 << 20, 2 * size).await, [2 * size, 2 * size]);
    assert_eq!(lens(4 * size, 1 << 20).await, [3 * size, size]);
    assert_eq!(lens(1, 1 << 20).await, [size, 0], "the first batch comes whole");
    assert_eq!(lens(1 << 20, 1).await, [size, 0]);
    assert_eq!(lens(0, 0).await, [size, 0]);
}

#[tokio::test]
async fn errors_are_told_by_partition() {
    let rig = Rig::new();
    rig.create_topic(1);
    append(&rig, 0, 1);
    let code = async |version, request: FetchRequest| {
        ErrorCode::from_number(fetch_one(&rig, version, &request).await.error_code).unwrap()
    };
    assert_eq!(code(12, request(12, vec![partition(0, 2)])).await, ErrorCode::OffsetOutOfRange);
    assert_eq!(code(12, request(12, vec![partition(0, -1)])).await, ErrorCode::OffsetOutOfRange);
    assert_eq!(code(12, request(12, vec![partition(9, 0)])).await, ErrorCode::UnknownTopicOrPartition);
    let absent = fetch_one(&rig, 4, &request(4, vec![partition(9, 0)])).await;
    assert_eq!(absent.aborted_transactions, Some(Vec::new()));
    let fenced = FetchPartition { current_leader_epoch: 7, ..partition(0, 0) };
    assert_eq!(code(12, request(12, vec![fenced])).await, ErrorCode::UnknownLeaderEpoch);
    let mut unknown = request(13, vec![partition(0, 0)]);
    unknown.topics[0].topic_id = Uuid::from_halves(3, 3);
    assert_eq!(code(13, unknown).await, ErrorCode::UnknownTopicId);
    let mut follower = request(15, vec![partition(0, 0)]);
    follower.replica_id = -1;
    follower.replica_state = ReplicaState { replica_id: 2, replica_epoch: 1, ..ReplicaState::default() };
    assert_eq!(code(15, follower).await, ErrorCode::NotLeaderOrFollower);

    let response = fetch(&rig, 12, &FetchRequest { topics: Vec::new(), ..request(12, Vec::new()) }).await;
    assert!(response.responses.is_empty());
}

#[tokio::test]
async fn committed_readers_stop_before_open_transactions_and_learn_of_aborted_ones() {
    let rig = Rig::new();
    rig.create_topic(1);
    append(&rig, 0, 1);
    // A coordinator's append begins the transaction, which a client could not without one.
    let transactional = batch_of(
        2,
        BatchSettings {
            producer_id: ProducerId(9),
            producer_epoch: 0,
            base_sequence: 0,
            is_transactional: true,
            ..BatchSettings::default()
        },
    );
    rig.append_as(0, &transactional, AppendOrigin::Coordinator);
    let mut committed = request(12, vec![partition(0, 0)]);
    committed.isolation_level = READ_COMMITTED;
    let data = fetch_one(&rig, 12, &committed).await;
    assert_eq!((data.high_watermark, data.last_stable_offset), (3, 1));
    assert_eq!((records_len(&data), data.aborted_transactions), (batch(1).len(), Some(Vec::new())));

    let marker =
        EndTxnMarker { result: TransactionResult::Abort, coordinator_epoch: 0 }.to_batch(&MarkerSettings {
            offset: Offset(0),
            timestamp: NOW,
            partition_leader_epoch: LeaderEpoch(0),
            producer_id: ProducerId(9),
            producer_epoch: 0,
        });
    rig.append_marker(0, marker);
    let data = fetch_one(&rig, 12, &committed).await;
    assert_eq!((data.high_watermark, data.last_stable_offset), (4, 4));
    let aborted = data.aborted_transactions.unwrap();
    assert_eq!((aborted[0].producer_id, aborted[0].first_offset), (9, 1));
}

#[tokio::test]
async fn a_session_tells_only_news() {
    let rig = Rig::new();
    rig.create_topic(3);
    append(&rig, 0, 1);
    for version in [7, 13] {
        let mut full = request(version, vec![partition(0, 0), partition(1, 0), partition(2, 0)]);
        full.session_epoch = 0;
        let response = fetch(&rig, version, &full).await;
        assert_eq!(response.responses[0].partitions.len(), 3);
        let session_id = response.session_id;
        assert_ne!(session_id, 0);

        append(&rig, 2, 1);
        let end = rig.partition(2).high_watermark().0;
        let next = |session_epoch, partitions| FetchRequest {
            session_id,
            session_epoch,
            max_wait_ms: 0,
            ..request(version, partitions)
        };
        let high_watermark = rig.partition(0).high_watermark().0;
        let response = fetch(&rig, version, &next(1, vec![partition(0, high_watermark)])).await;
        let indexes: Vec<_> = response.responses[0].partitions.iter().map(|p| p.partition_index).collect();
        assert_eq!((response.session_id, indexes), (session_id, vec![2]));

        let response = fetch(&rig, version, &next(2, vec![partition(2, end)])).await;
        assert!(response.responses.is_empty(), "{response:?}");

        // The wrong epoch, and a session that is not there.
        let response = fetch(&rig, version, &next(2, Vec::new())).await;
        assert_eq!(response.error_code, ErrorCode::InvalidFetchSessionEpoch.number());
        let other = if version == 7 { 13 } else { 12 };
        let mixed = FetchRequest { session_id, session_epoch: 3, ..request(other, Vec::new()) };
        assert_eq!(fetch(&rig, other, &mixed).await.error_code, ErrorCode::FetchSessionTopicIdError.number());

        let mut forgetful = next(3, Vec::new());
        forgetful.topics.clear();
        forgetful.forgotten_topics_data = vec![ForgottenTopic {
            topic: full.topics[0].topic.clone(),
            topic_id: full.topics[0].topic_id,
            partitions: vec![0, 1, 2],
            ..ForgottenTopic::default()
        }];
        assert_eq!(fetch(&rig, version, &forgetful).await.session_id, 0, "an empty session ends");
        let response = fetch(&rig, version, &next(4, Vec::new())).await;
        assert_eq!(response.error_code, ErrorCode::FetchSessionIdNotFound.number());
    }
    assert_eq!(rig.broker.fetch_sessions.len(), 0);
}

#[tokio::test]
async fn who_asks_the_wrong_broker_is_told_the_right_one() {
    let rig = Rig::new();
    rig.lead_elsewhere();
    for version in [12, 13, 16, 18] {
        let response = fetch(&rig, version, &request(version, vec![partition(0, 0)])).await;
        let data = &response.responses[0].partitions[0];
        assert_eq!(data.error_code, ErrorCode::NotLeaderOrFollower.number());
        let leader = (data.current_leader.leader_id, data.current_leader.leader_epoch);
        let endpoints: Vec<_> = response
            .node_endpoints
            .iter()
            .map(|node| (node.node_id, node.host.as_str(), node.port))
            .collect();
        match version >= 16 {
            true => assert_eq!((leader, endpoints), ((2, 5), vec![(2, "other", 9192)])),
            false => assert_eq!((leader, endpoints), ((-1, -1), vec![])),
        }
    }
}

proptest::proptest! {
    /// Whatever a client sends is answered, or ends its connection.
    #[test]
    fn damaged_requests_do_no_harm(
        version in 4_i16..=18,
        session in proptest::bool::ANY,
        damage in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 1..4),
    ) {
        let rig = Rig::new();
        rig.create_topic(2);
        rig.append(0, 3);
        let mut request = request(version, vec![partition(0, 1), partition(1, 0)]);
        request.session_epoch = if session { 0 } else { -1 };
        let mut body = BytesMut::from(&request.to_bytes(version).unwrap()[..]);
        for (at, byte) in damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Ok(Started::Done(reply)) = crate::api::start(&rig.broker, rig.context(ApiKey::Fetch, version), body) {
            decoded(reply, ApiKey::Fetch, version);
        }
        proptest::prop_assert!(rig.partition(0).directory().is_online());
    }
}
