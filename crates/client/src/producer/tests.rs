//! Producers against brokers in memory that check sequences as real ones do.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ottla_record::{Batch, Decompressor, Offset, increment_sequence};
use ottla_wire::ErrorCode;
use ottla_wire::api::init_producer_id::InitProducerIdResponse;
use ottla_wire::api::produce::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, PartitionProduceResponse, ProduceRequest, ProduceResponse,
    TopicProduceResponse,
};
use ottla_wire::api::{ApiKey, RequestBody};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::*;
use crate::testing::{Answer, Asked, Nodes, metadata};

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    /// The connection closes before anything is written.
    Lost,
    /// The connection closes after all is written.
    LostAnswer,
    /// Every partition is refused.
    Refused(ErrorCode),
    /// No answer ever comes.
    Silence,
}

/// The logs of a cluster of two brokers with topic `t`.
#[derive(Default)]
struct Brokers {
    logs: HashMap<i32, Vec<String>>,
    /// By partition, producer and epoch: the next sequence.
    sequences: HashMap<(i32, i64, i16), i32>,
    /// By partition: the batches that were written, for those that come twice.
    written: HashMap<i32, Vec<(i64, i16, i32, i64)>>,
    faults: VecDeque<Fault>,
    batch_bytes_max: usize,
    leaders: Vec<i32>,
    batches: usize,
    epochs: Vec<i16>,
}

impl Brokers {
    fn new(leaders: &[i32]) -> Arc<Mutex<Self>> {
        let brokers = Self { leaders: leaders.to_vec(), batch_bytes_max: usize::MAX, ..Self::default() };
        Arc::new(Mutex::new(brokers))
    }

    fn answer(&mut self, asked: &Asked) -> Answer {
        match &asked.body {
            RequestBody::Metadata(_) => metadata(2, &[("t", &self.leaders)]).into(),
            RequestBody::InitProducerId(_) => {
                InitProducerIdResponse { producer_id: 7, ..InitProducerIdResponse::default() }.into()
            }
            RequestBody::Produce(request) => self.produce(i32::from(asked.port) - 9000, request),
            other => panic!("{other:?}"),
        }
    }

    fn produce(&mut self, broker: i32, request: &ProduceRequest) -> Answer {
        let fault = self.faults.pop_front().unwrap_or(Fault::Nothing);
        if fault == Fault::Lost {
            return Answer::Close;
        }
        let mut topic = TopicProduceResponse { name: "t".into(), ..TopicProduceResponse::default() };
        for data in request.topic_data.iter().flat_map(|topic| &topic.partition_data) {
            let bytes = data.records.as_ref().unwrap();
            let result = match fault {
                Fault::Refused(code) => Err(code),
                _ if self.leaders[data.index as usize] != broker => Err(ErrorCode::NotLeaderOrFollower),
                _ => self.append(data.index, bytes),
            };
            let mut response =
                PartitionProduceResponse { index: data.index, ..PartitionProduceResponse::default() };
            match result {
                Ok(base_offset) => response.base_offset = base_offset,
                Err(code) => response.error_code = code.number(),
            }
            topic.partition_responses.push(response);
        }
        if request.acks == 0 {
            return Answer::Nothing;
        }
        match fault {
            Fault::LostAnswer => Answer::Close,
            Fault::Silence => Answer::Nothing,
            _ => ProduceResponse { responses: vec![topic], ..ProduceResponse::default() }.into(),
        }
    }

    fn append(&mut self, partition: i32, bytes: &[u8]) -> Result<i64, ErrorCode> {
        let batch = Batch::parse(bytes).unwrap();
        batch.verify().unwrap();
        if bytes.len() > self.batch_bytes_max {
            return Err(ErrorCode::MessageTooLarge);
        }
        let (id, epoch, first) = (batch.producer_id.0, batch.producer_epoch, batch.base_sequence);
        let written = self.written.entry(partition).or_default();
        if id >= 0 {
            if let Some(twice) = written.iter().find(|(i, e, f, _)| (*i, *e, *f) == (id, epoch, first)) {
                return Ok(twice.3);
            }
            let next = self.sequences.entry((partition, id, epoch)).or_default();
            if *next != first {
                return Err(ErrorCode::OutOfOrderSequenceNumber);
            }
            *next = increment_sequence(first, batch.records_count);
            self.epochs.push(epoch);
        }
        let log = self.logs.entry(partition).or_default();
        let offset = log.len() as i64;
        written.push((id, epoch, first, offset));
        for record in batch.records(&mut Decompressor::with_limit(1 << 24)).unwrap() {
            log.push(String::from_utf8(record.unwrap().value.unwrap().to_vec()).unwrap());
        }
        self.batches += 1;
        Ok(offset)
    }
}

fn nodes(brokers: &Arc<Mutex<Brokers>>) -> Nodes {
    let brokers = Arc::clone(brokers);
    Nodes::new(move |asked| brokers.lock().answer(asked))
}

fn producer(nodes: &Nodes, entries: &[(&str, &str)]) -> Producer {
    let common = [("bootstrap.servers", "memory:9001"), ("client.id", "test")];
    let config = ProducerConfig::from_properties(common.iter().chain(entries).copied()).unwrap();
    Producer::with_connector(config, Box::new(nodes.clone()))
}

fn to(partition: i32, value: &str) -> ProducerRecord<'_> {
    ProducerRecord { partition: Some(partition), ..ProducerRecord::value("t", value.as_bytes()) }
}

fn counted(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("record {n}")).collect()
}

/// Sends so many records to a partition, with a pause now and then, and tells what became of them.
async fn send_all(producer: &Producer, partition: i32, count: usize) -> Vec<Result<i64, ErrorCode>> {
    let mut deliveries = Vec::new();
    for (n, value) in counted(count).iter().enumerate() {
        deliveries.push(producer.send(&to(partition, value)).await.unwrap());
        if n % 7 == 6 {
            tokio::time::sleep(Duration::from_millis(6)).await;
        }
    }
    producer.flush().await;
    let told = |delivery: &Delivery| delivery.try_done().unwrap().0;
    deliveries.iter().map(|d| told(d).map(|m| m.offset.0).map_err(|error| error.code())).collect()
}

fn offsets(count: usize) -> Vec<Result<i64, ErrorCode>> {
    (0..count as i64).map(Ok).collect()
}

#[tokio::test(start_paused = true)]
async fn records_arrive_in_batches_and_in_order() {
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let brokers = Brokers::new(&[1]);
        let producer = producer(&nodes(&brokers), &[("compression.type", compression)]);
        assert_eq!(send_all(&producer, 0, 100).await, offsets(100));
        let brokers = brokers.lock();
        assert_eq!(brokers.logs[&0], counted(100));
        assert_eq!(brokers.batches, 15);
        assert_eq!(producer.buffer_available(), 32 << 20);
        assert_eq!(producer.metrics().records_sent.value(), 100);
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_lingers_until_its_time_or_until_it_is_full() {
    let brokers = Brokers::new(&[1]);
    let producer = producer(&nodes(&brokers), &[("linger.ms", "100"), ("batch.size", "200")]);
    producer.topic("t").await.unwrap();
    let started = Instant::now();
    let lonely = producer.send(&to(0, "x")).await.unwrap();
    assert!(lonely.try_done().is_none());
    lonely.done().await.unwrap();
    assert_eq!(started.elapsed().as_millis(), 100);
    let value = "v".repeat(100);
    let first = producer.send(&to(0, &value)).await.unwrap();
    let second = producer.send(&to(0, &value)).await.unwrap();
    let metadata = first.done().await.unwrap();
    assert_eq!((metadata.offset, &*metadata.topic), (Offset(1), "t"));
    assert!(started.elapsed().as_millis() < 150 && second.try_done().is_none());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_or_doubled_whatever_goes_wrong() {
    use Fault::{Lost, LostAnswer, Nothing, Refused, Silence};
    let all = [
        Nothing,
        Lost,
        LostAnswer,
        Refused(ErrorCode::NotEnoughReplicas),
        Refused(ErrorCode::NotLeaderOrFollower),
        Refused(ErrorCode::CorruptMessage),
        Silence,
        Nothing,
    ];
    for seed in 0..200_u64 {
        let brokers = Brokers::new(&[1, 2]);
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for _ in 0..20 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            brokers.lock().faults.push_back(all[(random % all.len() as u64) as usize]);
        }
        let producer = producer(&nodes(&brokers), &[("request.timeout.ms", "2000"), ("batch.size", "100")]);
        let (first, second) = tokio::join!(send_all(&producer, 0, 50), send_all(&producer, 1, 50));
        assert_eq!((first, second), (offsets(50), offsets(50)), "seed {seed}");
        assert_eq!(brokers.lock().logs[&0], counted(50), "seed {seed}");
        assert_eq!(brokers.lock().logs[&1], counted(50), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn order_holds_without_idempotence_with_one_request_in_flight() {
    let brokers = Brokers::new(&[1]);
    let faults = [Fault::Lost, Fault::Nothing, Fault::Refused(ErrorCode::NotEnoughReplicas), Fault::Lost];
    brokers.lock().faults.extend(faults);
    let options = [
        ("enable.idempotence", "false"),
        ("max.in.flight.requests.per.connection", "1"),
        ("batch.size", "100"),
    ];
    let nodes = nodes(&brokers);
    let producer = producer(&nodes, &options);
    assert_eq!(send_all(&producer, 0, 50).await, offsets(50));
    assert_eq!(brokers.lock().logs[&0], counted(50));
    assert!(!nodes.keys().contains(&ApiKey::InitProducerId));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_large_goes_in_parts() {
    let brokers = Brokers::new(&[1]);
    brokers.lock().batch_bytes_max = 150;
    let producer = producer(&nodes(&brokers), &[("linger.ms", "50")]);
    assert_eq!(send_all(&producer, 0, 40).await, offsets(40));
    let delivered = producer.send(&to(0, &"v".repeat(200))).await.unwrap().done().await;
    assert_eq!(delivered.unwrap_err().code(), ErrorCode::MessageTooLarge);
    // What failed leaves a gap in the sequence: the next epoch begins.
    producer.send(&to(0, "after")).await.unwrap().done().await.unwrap();
    let brokers = brokers.lock();
    assert_eq!(brokers.logs[&0][..40], counted(40));
    assert_eq!((brokers.epochs.first(), brokers.epochs.last()), (Some(&0), Some(&1)));
    assert!(producer.metrics().batches_split.value() > 0);
    assert_eq!(producer.buffer_available(), 32 << 20);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_moves_is_followed() {
    let brokers = Brokers::new(&[1]);
    let nodes = nodes(&brokers);
    let producer = producer(&nodes, &[]);
    producer.send(&to(0, "record 0")).await.unwrap().done().await.unwrap();
    brokers.lock().leaders = vec![2];
    let started = Instant::now();
    let second = producer.send(&to(0, "record 1")).await.unwrap();
    assert_eq!(second.done().await.unwrap().offset, Offset(1));
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(nodes.log().last().unwrap().port, 9002);
    brokers.lock().leaders = vec![-1];
    let third = producer.send(&to(0, "record 2")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    brokers.lock().leaders = vec![1];
    assert_eq!(third.done().await.unwrap().offset, Offset(2));
    assert_eq!(brokers.lock().logs[&0], counted(3));
}

#[tokio::test(start_paused = true)]
async fn the_leader_that_a_broker_names_is_asked_at_once() {
    let brokers = Brokers::new(&[1]);
    let moved = Arc::clone(&brokers);
    let nodes = Nodes::new(move |asked| match (&asked.body, asked.port) {
        (RequestBody::Produce(_), 9001) => {
            moved.lock().leaders = vec![2];
            let partition = PartitionProduceResponse {
                error_code: ErrorCode::NotLeaderOrFollower.number(),
                current_leader: LeaderIdAndEpoch {
                    leader_id: 2,
                    leader_epoch: 1,
                    ..LeaderIdAndEpoch::default()
                },
                ..PartitionProduceResponse::default()
            };
            let topic = TopicProduceResponse {
                name: "t".into(),
                partition_responses: vec![partition],
                ..TopicProduceResponse::default()
            };
            ProduceResponse { responses: vec![topic], ..ProduceResponse::default() }.into()
        }
        _ => moved.lock().answer(asked),
    });
    let producer = producer(&nodes, &[("linger.ms", "0")]);
    producer.topic("t").await.unwrap();
    producer.client().metadata().known(Instant::now() + Duration::from_secs(9)).await.unwrap();
    let started = Instant::now();
    producer.send(&to(0, "x")).await.unwrap().done().await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(50), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_acknowledged_in_time_fails() {
    let brokers = Brokers::new(&[1]);
    brokers.lock().faults.extend([Fault::Silence; 9]);
    let options = [("request.timeout.ms", "1000"), ("delivery.timeout.ms", "2500")];
    let producer = producer(&nodes(&brokers), &options);
    let started = Instant::now();
    let error = producer.send(&to(0, "x")).await.unwrap().done().await.unwrap_err();
    assert_eq!(error.to_string(), "1 record(s) for t-0 were not acknowledged within 2500 ms");
    assert_eq!(started.elapsed().as_millis(), 2500);
    brokers.lock().faults.clear();
    producer.send(&to(0, "y")).await.unwrap().done().await.unwrap();
    // What failed had been written all the same, which nobody could know.
    assert_eq!(brokers.lock().logs[&0], ["x", "y"]);
}

#[tokio::test(start_paused = true)]
async fn sends_wait_for_memory_and_for_topics_as_long_as_they_may() {
    let brokers = Brokers::new(&[1]);
    brokers.lock().faults.extend([Fault::Silence; 9]);
    let options = [("buffer.memory", "300"), ("batch.size", "200"), ("max.block.ms", "1000")];
    let producer = producer(&nodes(&brokers), &options);
    let value = "v".repeat(150);
    let first = producer.send(&to(0, &value)).await.unwrap();
    assert!(producer.try_send(&to(0, &value)).unwrap().is_none());
    let started = Instant::now();
    let error = producer.send(&to(0, &value)).await.unwrap_err();
    assert!(matches!(error, ProduceError::BufferFull { .. }), "{error}");
    assert_eq!(started.elapsed().as_millis(), 1000);
    let error = producer.send(&to(0, &"v".repeat(300))).await.unwrap_err();
    assert_eq!(error.to_string(), "the record takes 397 bytes, more than buffer.memory, which is 300");
    let error = producer.send(&to(3, "x")).await.unwrap_err();
    assert_eq!(error.to_string(), "topic t has 1 partitions, and no partition 3");
    producer.close(Duration::from_secs(1)).await;
    assert!(matches!(first.done().await, Err(ProduceError::Closed)));
    assert!(matches!(producer.send(&to(0, "x")).await, Err(ProduceError::Closed)));
}

#[tokio::test(start_paused = true)]
async fn without_acknowledgements_the_offset_is_not_known() {
    let brokers = Brokers::new(&[1]);
    let producer = producer(&nodes(&brokers), &[("acks", "0")]);
    let delivered = producer.send(&to(0, "x")).await.unwrap().done().await.unwrap();
    assert_eq!(delivered.offset, Offset::NONE);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(brokers.lock().logs[&0], ["x"]);
}

#[tokio::test(start_paused = true)]
async fn keys_choose_partitions_and_records_without_one_stay_together() {
    let brokers = Brokers::new(&[1, 2, 1, 2, 1]);
    let producer = producer(&nodes(&brokers), &[]);
    let keyed = producer.send(&ProducerRecord::keyed("t", b"foobar", b"v")).await.unwrap();
    let expected = (-790_332_482_i64 & 0x7fff_ffff) % 5;
    assert_eq!(i64::from(keyed.done().await.unwrap().partition), expected);
    let mut partitions = Vec::new();
    for _ in 0..5 {
        let delivery = producer.send(&ProducerRecord::value("t", b"v")).await.unwrap();
        partitions.push(delivery.done().await.unwrap().partition);
    }
    assert!(partitions.iter().all(|partition| *partition == partitions[0]));
}

#[tokio::test(start_paused = true)]
async fn bad_records_are_told_from_those_beside_them() {
    let brokers = Brokers::new(&[1]);
    let nodes = Nodes::new(move |asked| match &asked.body {
        RequestBody::Produce(_) => {
            let bad = BatchIndexAndErrorMessage {
                batch_index: 1,
                batch_index_error_message: Some("no key".into()),
                ..BatchIndexAndErrorMessage::default()
            };
            let partition = PartitionProduceResponse {
                error_code: ErrorCode::InvalidRecord.number(),
                record_errors: vec![bad],
                ..PartitionProduceResponse::default()
            };
            let topic = TopicProduceResponse {
                name: "t".into(),
                partition_responses: vec![partition],
                ..TopicProduceResponse::default()
            };
            ProduceResponse { responses: vec![topic], ..ProduceResponse::default() }.into()
        }
        _ => brokers.lock().answer(asked),
    });
    let producer = producer(&nodes, &[]);
    let good = producer.send(&to(0, "good")).await.unwrap();
    let bad = producer.send(&to(0, "bad")).await.unwrap();
    assert!(matches!(good.done().await, Err(ProduceError::InBadCompany)));
    assert_eq!(bad.done().await.unwrap_err().to_string(), "INVALID_RECORD: no key");
}

#[tokio::test(start_paused = true)]
async fn a_producer_without_a_right_to_an_id_says_so() {
    let brokers = Brokers::new(&[1]);
    let nodes = Nodes::new(move |asked| match &asked.body {
        RequestBody::InitProducerId(_) => InitProducerIdResponse {
            error_code: ErrorCode::ClusterAuthorizationFailed.number(),
            ..InitProducerIdResponse::default()
        }
        .into(),
        _ => brokers.lock().answer(asked),
    });
    let producer = producer(&nodes, &[]);
    let error = producer.send(&to(0, "x")).await.unwrap().done().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ClusterAuthorizationFailed);
}
