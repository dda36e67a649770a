//! Reading and writing the messages of the hot paths: what a broker does to each Produce and Fetch before and after the log.

use bytes::{Bytes, BytesMut};
use ottla_wire::api::fetch::{FetchPartition, FetchTopic, FetchableTopicResponse, PartitionData};
use ottla_wire::api::produce::{PartitionProduceData, TopicProduceData};
use ottla_wire::messages::{FetchRequest, FetchResponse, ProduceRequest};
use ottla_wire::{Message, Uuid};

use crate::{Bench, Comparison, Session};

pub(super) const BENCH: Bench = Bench {
    name: "wire-codec",
    about: "reading and writing Produce and Fetch beside copying their bytes",
    run,
};

fn run(session: &Session) -> anyhow::Result<()> {
    let topics = session.pick(10, 2);
    compare(session, "Produce, 10 partitions of 1 KiB", &produce(by_id, 1, 10, 1 << 10), 13)?;
    compare(session, "Produce, 100 partitions of 16 KiB", &produce(by_id, topics, 10, 1 << 14), 13)?;
    compare(session, "Produce by name, 100 of 100 bytes", &produce(by_name, topics, 10, 100), 9)?;
    compare(session, "Fetch, 1000 partitions", &fetch(topics, 100), 17)?;
    compare(session, "Fetch answer, 1000 of 1 KiB", &fetched(topics, 100, 1 << 10), 17)
}

fn compare<M: Message>(session: &Session, what: &str, message: &M, version: i16) -> anyhow::Result<()> {
    let bytes = message.to_bytes(version)?;
    anyhow::ensure!(M::decode(bytes.clone(), version)? == *message, "{what} reads as another message");
    let read = session.measure(|| M::decode(bytes.clone(), version).is_ok());
    let mut buffer = BytesMut::with_capacity(bytes.len());
    let written = session.measure(|| {
        buffer.clear();
        message.encode(version, &mut buffer).is_ok()
    });
    let mut copy = vec![0; bytes.len()];
    let limit = session.measure(|| {
        copy.copy_from_slice(&bytes);
        copy[bytes.len() / 2]
    });
    for (verb, ours) in [("read", read), ("write", written)] {
        let what = &format!("{verb} {what}");
        session.print(&Comparison { what, bytes: bytes.len(), ours, limit_is: "memory copy", limit });
    }
    Ok(())
}

fn produce(
    named: fn(usize) -> TopicProduceData,
    topics: usize,
    partitions: i32,
    size: usize,
) -> ProduceRequest {
    let partition = |index| PartitionProduceData { index, records: records(size), ..Default::default() };
    let topic = |n| TopicProduceData { partition_data: (0..partitions).map(partition).collect(), ..named(n) };
    ProduceRequest {
        acks: -1,
        timeout_ms: 30_000,
        topic_data: (0..topics).map(topic).collect(),
        ..Default::default()
    }
}

fn by_id(n: usize) -> TopicProduceData {
    TopicProduceData { topic_id: Uuid::from_halves(1, n as u64), ..Default::default() }
}

fn by_name(n: usize) -> TopicProduceData {
    TopicProduceData { name: format!("orders-of-region-{n}").into(), ..Default::default() }
}

fn fetch(topics: usize, partitions: i32) -> FetchRequest {
    let partition = |partition| FetchPartition {
        partition,
        current_leader_epoch: 3,
        fetch_offset: 1_000_000,
        partition_max_bytes: 1 << 20,
        ..Default::default()
    };
    let topic = |n: usize| FetchTopic {
        topic_id: Uuid::from_halves(1, n as u64),
        partitions: (0..partitions).map(partition).collect(),
        ..Default::default()
    };
    FetchRequest {
        max_wait_ms: 500,
        min_bytes: 1,
        topics: (0..topics).map(topic).collect(),
        ..Default::default()
    }
}

fn fetched(topics: usize, partitions: i32, size: usize) -> FetchResponse {
    let partition = |partition_index| PartitionData {
        partition_index,
        high_watermark: 1_000_000,
        last_stable_offset: 1_000_000,
        log_start_offset: 0,
        aborted_transactions: None,
        records: records(size),
        ..Default::default()
    };
    let topic = |n: usize| FetchableTopicResponse {
        topic_id: Uuid::from_halves(1, n as u64),
        partitions: (0..partitions).map(partition).collect(),
        ..Default::default()
    };
    FetchResponse { session_id: 1, responses: (0..topics).map(topic).collect(), ..Default::default() }
}

fn records(size: usize) -> Option<Bytes> {
    Some(Bytes::from(vec![7; size]))
}
