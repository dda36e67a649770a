//! Produce, from the bytes of a request to what the client is told.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ottla_record::{BatchSettings, Codec, Compression, Offset, ProducerId, Timestamp, TimestampType};
use ottla_wire::api::produce::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceData,
};
use ottla_wire::api::{ApiKey, ResponseBody};
use ottla_wire::{ErrorCode, KafkaString, Message, Uuid};

use crate::api::{Reply, Started};
use crate::partitions::Assignment;
use crate::testing::{
    NODE, NOW, Rig, TOPIC, TOPIC_ID, assignment, batch, batch_at, batch_of, decoded, idempotent_batch,
};

fn request(acks: i16, partitions: &[(i32, Bytes)]) -> ProduceRequest {
    let partition = |(index, records): &(i32, Bytes)| PartitionProduceData {
        index: *index,
        records: Some(records.clone()),
        ..PartitionProduceData::default()
    };
    ProduceRequest {
        acks,
        timeout_ms: 1000,
        topic_data: vec![TopicProduceData {
            name: KafkaString::from_static(TOPIC),
            topic_id: TOPIC_ID,
            partition_data: partitions.iter().map(partition).collect(),
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    }
}

/// The request as the version has words for it.
fn at(version: i16, mut request: ProduceRequest) -> ProduceRequest {
    for topic in &mut request.topic_data {
        match version >= 13 {
            true => topic.name = KafkaString::EMPTY,
            false => topic.topic_id = Uuid::ZERO,
        }
    }
    request
}

async fn produce(rig: &Rig, version: i16, request: ProduceRequest) -> ProduceResponse {
    let body = rig.ask(ApiKey::Produce, version, &at(version, request)).await;
    let ResponseBody::Produce(response) = body else { panic!("{body:?}") };
    response
}

async fn produce_one(rig: &Rig, version: i16, records: Bytes) -> PartitionProduceResponse {
    let response = produce(rig, version, request(-1, &[(0, records)])).await;
    response.responses[0].partition_responses[0].clone()
}

fn error(response: &PartitionProduceResponse) -> ErrorCode {
    ErrorCode::from_number(response.error_code).unwrap()
}

#[tokio::test]
async fn every_version_appends() {
    let rig = Rig::new();
    rig.create_topic(2);
    for (turn, version) in (0..).zip(3..=13) {
        let response = produce(&rig, version, request(-1, &[(0, batch(2)), (1, batch(3))])).await;
        let [topic] = &response.responses[..] else { panic!("{response:?}") };
        assert_eq!(topic.name, if version < 13 { TOPIC } else { "" });
        assert_eq!(topic.topic_id, if version < 13 { Uuid::ZERO } else { TOPIC_ID });
        let offsets: Vec<_> =
            topic.partition_responses.iter().map(|p| (p.error_code, p.base_offset)).collect();
        assert_eq!(offsets, [(0, 2 * turn), (0, 3 * turn)], "version {version}");
        let log_start_offset = if version < 5 { -1 } else { 0 };
        assert_eq!(topic.partition_responses[0].log_start_offset, log_start_offset);
        assert_eq!(topic.partition_responses[0].log_append_time_ms, -1);
    }
    let partition = rig.partition(0);
    let metrics = &partition.topic().metrics;
    assert_eq!(metrics.messages_in.value(), 11 * 5);
    assert_eq!(metrics.bytes_in.value() as usize, 11 * (batch(2).len() + batch(3).len()));
}

#[tokio::test]
async fn unknown_partitions_and_topics_do_not_spoil_the_others() {
    let rig = Rig::new();
    rig.create_topic(1);
    let mut all = request(1, &[(0, batch(1)), (7, batch(1))]);
    all.topic_data.push(TopicProduceData {
        name: KafkaString::from_static("other"),
        topic_id: Uuid::from_halves(5, 5),
        partition_data: vec![PartitionProduceData { records: Some(batch(1)), ..Default::default() }],
        ..TopicProduceData::default()
    });
    for (version, unknown_topic) in
        [(12, ErrorCode::UnknownTopicOrPartition), (13, ErrorCode::UnknownTopicId)]
    {
        let response = produce(&rig, version, all.clone()).await;
        let errors: Vec<_> =
            response.responses.iter().flat_map(|topic| &topic.partition_responses).map(error).collect();
        assert_eq!(errors, [ErrorCode::None, ErrorCode::UnknownTopicOrPartition, unknown_topic]);
        assert_eq!(response.responses[1].name, if version < 13 { "other" } else { "" });
    }
}

#[tokio::test]
async fn acks_decide_what_is_answered() {
    let rig = Rig::new();
    rig.create_topic(1);
    let response = produce(&rig, 9, request(1, &[(0, batch(1))])).await;
    assert_eq!(response.responses[0].partition_responses[0].base_offset, 0);
    let response = produce(&rig, 9, request(2, &[(0, batch(1))])).await;
    assert_eq!(error(&response.responses[0].partition_responses[0]), ErrorCode::InvalidRequiredAcks);

    let silent = |partition| {
        let started = rig.start(ApiKey::Produce, 9, &at(9, request(0, &[(partition, batch(1))])));
        let Started::Done(reply) = started else { panic!("nothing to wait for") };
        reply
    };
    assert!(matches!(silent(0), Reply::Nothing));
    assert!(matches!(silent(5), Reply::Close(_)));
    assert_eq!(rig.partition(0).high_watermark(), Offset(2));
}

#[tokio::test]
async fn batches_that_must_not_be_are_refused_with_kafkas_codes() {
    let rig = Rig::new();
    rig.create_topic_with(1, |settings| {
        std::sync::Arc::make_mut(&mut settings.log).max_message_bytes = 300;
    });
    let code = async |version, records| error(&produce_one(&rig, version, records).await);
    assert_eq!(code(9, Bytes::new()).await, ErrorCode::InvalidRecord);
    assert_eq!(
        code(9, Bytes::from_static(b"no batch at all, but long enough to be looked at by someone")).await,
        ErrorCode::CorruptMessage
    );
    let strange = Bytes::from_static(b"no batch at all, but long enough to be looked at by someone");
    assert!(produce_one(&rig, 9, strange).await.error_message.is_some());
    let two = Bytes::from([batch(1), batch(1)].concat());
    assert_eq!(code(9, two).await, ErrorCode::InvalidRecord);
    assert_eq!(code(9, batch(100)).await, ErrorCode::MessageTooLarge);
    let mut damaged = batch(1).to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(code(9, damaged.into()).await, ErrorCode::CorruptMessage);
    let zstd = || {
        let compression = Compression::of(Codec::Zstd);
        let mut builder =
            ottla_record::BatchBuilder::new(BatchSettings { compression, ..BatchSettings::default() });
        let record = ottla_record::NewRecord { timestamp: NOW, key: None, value: Some(b"v"), headers: &[] };
        builder.append(&record).unwrap();
        Bytes::from(builder.build(&mut ottla_record::Compressor::new()).unwrap())
    };
    assert_eq!(code(6, zstd()).await, ErrorCode::UnsupportedCompressionType);
    assert_eq!(code(7, zstd()).await, ErrorCode::None);
    assert_eq!(rig.partition(0).high_watermark(), Offset(1));
}

#[tokio::test]
async fn a_null_batch_is_refused() {
    let rig = Rig::new();
    rig.create_topic(1);
    let mut null = request(1, &[(0, Bytes::new())]);
    null.topic_data[0].partition_data[0].records = None;
    let response = produce(&rig, 9, null).await;
    assert_eq!(error(&response.responses[0].partition_responses[0]), ErrorCode::InvalidRecord);
}

#[tokio::test]
async fn each_refused_record_is_named() {
    let rig = Rig::new();
    rig.create_topic(1);
    let late = batch_at(2, Timestamp(NOW.0 + 7_200_000), BatchSettings::default());
    let response = produce_one(&rig, 8, late.clone()).await;
    assert_eq!(error(&response), ErrorCode::InvalidTimestamp);
    let indexes: Vec<_> = response.record_errors.iter().map(|error| error.batch_index).collect();
    assert_eq!(indexes, [0, 1]);
    assert!(response.error_message.is_some());
    assert_eq!(response.log_start_offset, 0);
    assert!(produce_one(&rig, 7, late).await.record_errors.is_empty(), "no words for it");

    let compacted = Rig::new();
    compacted.create_topic_with(1, |settings| {
        std::sync::Arc::make_mut(&mut settings.log).cleanup_policy =
            ottla_log::config::CleanupPolicy::COMPACT;
    });
    assert_eq!(error(&produce_one(&compacted, 8, batch(1)).await), ErrorCode::InvalidRecord);
    assert_eq!(compacted.partition(0).topic().metrics.no_key_compacted_topic_records.value(), 1);
}

#[tokio::test]
async fn idempotent_producers_repeat_without_harm_and_must_not_skip() {
    let rig = Rig::new();
    rig.create_topic(1);
    for _ in 0..2 {
        let response = produce_one(&rig, 9, idempotent_batch(2, 1, 0)).await;
        assert_eq!((error(&response), response.base_offset), (ErrorCode::None, 0));
    }
    assert_eq!(rig.partition(0).high_watermark(), Offset(2));
    let response = produce_one(&rig, 9, idempotent_batch(1, 1, 5)).await;
    assert_eq!(error(&response), ErrorCode::OutOfOrderSequenceNumber);
    assert_eq!(response.log_start_offset, 0);
    assert_eq!(
        error(&produce_one(&rig, 9, idempotent_batch(1, 0, 2)).await),
        ErrorCode::InvalidProducerEpoch
    );
    assert_eq!(error(&produce_one(&rig, 9, idempotent_batch(1, 1, 2)).await), ErrorCode::None);
}

#[tokio::test]
async fn transactional_batches_need_an_id_and_a_coordinator() {
    let rig = Rig::new();
    rig.create_topic(1);
    let transactional = batch_of(
        1,
        BatchSettings {
            producer_id: ProducerId(9),
            producer_epoch: 0,
            base_sequence: 0,
            is_transactional: true,
            ..BatchSettings::default()
        },
    );
    let response = produce_one(&rig, 9, transactional.clone()).await;
    assert_eq!(error(&response), ErrorCode::TransactionalIdAuthorizationFailed);
    let mut with_id = request(-1, &[(0, transactional)]);
    with_id.transactional_id = Some(KafkaString::from_static("tx"));
    let response = produce(&rig, 9, with_id).await;
    assert_eq!(error(&response.responses[0].partition_responses[0]), ErrorCode::NotEnoughReplicas);
    assert_eq!(rig.partition(0).high_watermark(), Offset(0));
}

#[tokio::test]
async fn the_leader_stamps_where_the_topic_says_so() {
    let rig = Rig::new();
    rig.create_topic_with(1, |settings| {
        std::sync::Arc::make_mut(&mut settings.log).message_timestamp_type = TimestampType::LogAppendTime;
    });
    assert_eq!(produce_one(&rig, 9, batch(1)).await.log_append_time_ms, NOW.0);
}

#[tokio::test]
async fn clients_do_not_write_to_internal_topics() {
    let rig = Rig::new();
    let settings =
        crate::partitions::TopicSettings::new(&rig.broker.config.topic_defaults, &rig.broker.config);
    let name = KafkaString::from_static("__consumer_offsets");
    rig.partitions().set_topic(&name, TOPIC_ID, &settings, &[assignment(0)]);
    assert_eq!(error(&produce_one(&rig, 13, batch(1)).await), ErrorCode::InvalidTopicException);
}

#[tokio::test(start_paused = true)]
async fn acks_all_waits_for_the_replicas_and_not_for_ever() {
    let rig = Rig::new();
    let two = Assignment { replicas: vec![NODE, 2], isr: vec![NODE, 2], ..assignment(0) };
    let settings =
        crate::partitions::TopicSettings::new(&rig.broker.config.topic_defaults, &rig.broker.config);
    let set = |assignment: &Assignment| {
        let name = KafkaString::from_static(TOPIC);
        rig.partitions().set_topic(&name, TOPIC_ID, &settings, std::slice::from_ref(assignment));
    };
    set(&two);
    let started = |acks| rig.start(ApiKey::Produce, 9, &at(9, request(acks, &[(0, batch(1))])));
    let Started::Waiting(late) = started(-1) else { panic!("answered before the replicas have it") };
    let before = tokio::time::Instant::now();
    let ResponseBody::Produce(response) = decoded(late.await, ApiKey::Produce, 9) else { panic!() };
    assert_eq!(before.elapsed().as_millis(), 1000);
    assert_eq!(error(&response.responses[0].partition_responses[0]), ErrorCode::RequestTimedOut);

    assert!(matches!(started(1), Started::Done(_)));

    let Started::Waiting(in_time) = started(-1) else { panic!("answered before the replicas have it") };
    let answer = tokio::spawn(in_time);
    tokio::time::sleep(Duration::from_millis(10)).await;
    set(&Assignment { isr: vec![NODE], ..two });
    let ResponseBody::Produce(response) = decoded(answer.await.unwrap(), ApiKey::Produce, 9) else {
        panic!()
    };
    let partition = &response.responses[0].partition_responses[0];
    assert_eq!((error(partition), partition.base_offset), (ErrorCode::None, 2));
}

#[tokio::test]
async fn a_log_that_is_to_be_flushed_is_flushed_before_the_answer() {
    let rig = Rig::new();
    rig.create_topic_with(1, |settings| {
        std::sync::Arc::make_mut(&mut settings.log).flush_messages = 1;
    });
    let response = produce(&rig, 9, request(1, &[(0, batch(2))])).await;
    assert_eq!(error(&response.responses[0].partition_responses[0]), ErrorCode::None);
    let log = std::sync::Arc::clone(rig.partition(0).log());
    assert_eq!(ottla_log::manager::lock(&log).recovery_point(), Offset(2));
}

#[tokio::test]
async fn who_asks_the_wrong_broker_is_told_the_right_one() {
    let rig = Rig::new();
    rig.lead_elsewhere();
    for version in 3..=13 {
        let response = produce(&rig, version, request(1, &[(0, batch(1))])).await;
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!(error(partition), ErrorCode::NotLeaderOrFollower);
        let leader = (partition.current_leader.leader_id, partition.current_leader.leader_epoch);
        let endpoints: Vec<_> = response
            .node_endpoints
            .iter()
            .map(|node| (node.node_id, node.host.as_str(), node.port))
            .collect();
        match version >= 10 {
            true => assert_eq!((leader, endpoints), ((2, 5), vec![(2, "other", 9192)])),
            false => assert_eq!((leader, endpoints), ((-1, -1), vec![])),
        }
    }
}

proptest::proptest! {
    /// Whatever a client sends is answered, or ends its connection; and the log is none the worse for it.
    #[test]
    fn damaged_requests_do_no_harm(
        version in 3_i16..=13,
        damage in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 1..4),
        cut in proptest::option::of(proptest::prelude::any::<proptest::sample::Index>()),
    ) {
        let rig = Rig::new();
        rig.create_topic(2);
        let request = at(version, request(1, &[(0, batch(3)), (1, idempotent_batch(2, 0, 0))]));
        let mut body = BytesMut::from(&request.to_bytes(version).unwrap()[..]);
        for (at, byte) in damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        drop(crate::api::start(&rig.broker, rig.context(ApiKey::Produce, version), body));
        for index in 0..2 {
            let partition = rig.partition(index);
            ottla_log::manager::lock(partition.log()).invariants();
            proptest::prop_assert!(partition.directory().is_online());
        }
    }
}
