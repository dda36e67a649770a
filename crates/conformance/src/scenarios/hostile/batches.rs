//! Batches that lie, each refused with Kafka's own error, and the log behind them stays sound.

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use ottla_record::{BatchBuilder, BatchSettings, Codec, Compressor, NewRecord, Timestamp, crc32c};
use ottla_rival::Node;
use ottla_wire::ErrorCode::{
    self, CorruptMessage, InvalidRecord, InvalidRequiredAcks, MessageTooLarge, None as Accepted,
    UnknownTopicOrPartition,
};
use ottla_wire::api::create_topics::{CreatableTopic, CreateTopicsRequest};
use ottla_wire::api::produce::{PartitionProduceData, ProduceRequest, TopicProduceData};
use ottla_wire::api::{RequestBody, ResponseBody};

use super::Attack;
use crate::raw::Raw;

const TOPIC: &str = "hostile";

/// Where fields of a batch lie.
const LENGTH: usize = 8;
const MAGIC: usize = 16;
const CRC: usize = 17;
const ATTRIBUTES: usize = 21;
const LAST_OFFSET_DELTA: usize = 23;
const COUNT: usize = 57;
const RECORDS: usize = 61;

pub(super) const ATTACKS: &[Attack] = &[
    Attack { name: "a topic to be attacked", run: create },
    Attack { name: "a good batch", run: |node| answers(node, Accepted, good(1)?) },
    Attack {
        name: "a wrong checksum",
        run: |node| answers(node, CorruptMessage, altered(CRC, &[1, 2, 3, 4])?),
    },
    Attack { name: "magic 1", run: |node| answers(node, InvalidRecord, altered(MAGIC, &[1])?) },
    Attack { name: "magic 9", run: |node| answers(node, CorruptMessage, altered(MAGIC, &[9])?) },
    Attack {
        name: "a batch longer than its bytes",
        run: |node| answers(node, InvalidRecord, altered(LENGTH, &[0, 0, 9, 9])?),
    },
    Attack {
        name: "a batch shorter than its header",
        run: |node| answers(node, CorruptMessage, altered(LENGTH, &[0, 0, 0, 9])?),
    },
    Attack {
        name: "a batch of negative length",
        run: |node| answers(node, CorruptMessage, altered(LENGTH, &[0xff; 4])?),
    },
    Attack { name: "two batches", run: |node| answers(node, InvalidRecord, [good(1)?, good(1)?].concat()) },
    Attack { name: "no batch", run: |node| answers(node, InvalidRecord, Vec::new()) },
    Attack {
        name: "a count above the records",
        run: |node| answers(node, InvalidRecord, resealed(COUNT, &[0, 0, 0, 9])?),
    },
    Attack {
        name: "a count of two thousand million records",
        run: |node| answers(node, InvalidRecord, resealed(COUNT, &[0x7f, 0xff, 0xff, 0xff])?),
    },
    Attack {
        name: "a negative count",
        run: |node| answers(node, InvalidRecord, resealed(COUNT, &[0xff; 4])?),
    },
    Attack {
        name: "a last offset that is not the last",
        run: |node| answers(node, InvalidRecord, resealed(LAST_OFFSET_DELTA, &[0, 0, 0, 9])?),
    },
    Attack {
        name: "a record longer than its batch",
        run: |node| answers(node, InvalidRecord, resealed(RECORDS, &[0x7e])?),
    },
    Attack {
        name: "a control batch from a client",
        run: |node| answers(node, InvalidRecord, resealed(ATTRIBUTES, &[0, 0x20])?),
    },
    Attack { name: "an unknown codec", run: |node| refuses(node, resealed(ATTRIBUTES, &[0, 7])?) },
    Attack { name: "gzip that is none", run: |node| refuses(node, resealed(ATTRIBUTES, &[0, 1])?) },
    Attack { name: "snappy that is none", run: |node| refuses(node, resealed(ATTRIBUTES, &[0, 2])?) },
    Attack { name: "lz4 that is none", run: |node| refuses(node, resealed(ATTRIBUTES, &[0, 3])?) },
    Attack { name: "zstd that is none", run: |node| refuses(node, resealed(ATTRIBUTES, &[0, 4])?) },
    Attack {
        name: "a batch above max.message.bytes",
        run: |node| answers(node, MessageTooLarge, good(2 << 20)?),
    },
    Attack {
        name: "acks=7",
        run: |node| ensure_code(InvalidRequiredAcks, produce(node, 7, TOPIC, 0, good(1)?)?),
    },
    Attack {
        name: "a partition that is not there",
        run: |node| ensure_code(UnknownTopicOrPartition, produce(node, 1, TOPIC, 99, good(1)?)?),
    },
    Attack {
        name: "a topic that is not there",
        run: |node| ensure_code(UnknownTopicOrPartition, produce(node, 1, "absent", 0, good(1)?)?),
    },
    Attack { name: "half a gigabyte of nothing, compressed", run: bomb },
    Attack { name: "a good batch after all that", run: |node| answers(node, Accepted, good(1)?) },
];

fn create(node: &Node<'_>) -> anyhow::Result<()> {
    let topic = CreatableTopic {
        name: TOPIC.into(),
        num_partitions: 1,
        replication_factor: 1,
        ..CreatableTopic::default()
    };
    let request =
        CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, ..CreateTopicsRequest::default() };
    match Raw::connect(node)?.ask(7, &RequestBody::CreateTopics(request))? {
        ResponseBody::CreateTopics(answer) => {
            ensure!(answer.topics.iter().all(|topic| topic.error_code == 0), "{answer:?}");
            Ok(())
        }
        other => bail!("{other:?}"),
    }
}

/// Three records whose last value has this many bytes.
fn good(size: usize) -> anyhow::Result<Vec<u8>> {
    batch(&[b"one", b"two", &vec![b'x'; size]], Codec::None)
}

fn batch(values: &[&[u8]], codec: Codec) -> anyhow::Result<Vec<u8>> {
    let mut builder =
        BatchBuilder::new(BatchSettings { compression: codec.into(), ..BatchSettings::default() });
    for value in values {
        let timestamp = Timestamp(1_700_000_000_000);
        builder.append(&NewRecord { timestamp, key: Some(b"k"), value: Some(value), headers: &[] })?;
    }
    Ok(builder.build(&mut Compressor::new())?)
}

/// A good batch with some bytes in place of its own.
fn altered(at: usize, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut batch = good(1)?;
    batch[at..at + bytes.len()].copy_from_slice(bytes);
    Ok(batch)
}

/// The same, with a checksum that agrees.
fn resealed(at: usize, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut batch = altered(at, bytes)?;
    let crc = crc32c(&batch[ATTRIBUTES..]);
    batch[CRC..ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
    Ok(batch)
}

/// The error code of a Produce.
fn produce(node: &Node<'_>, acks: i16, topic: &str, index: i32, records: Vec<u8>) -> anyhow::Result<i16> {
    let partition = PartitionProduceData {
        index,
        records: Some(Bytes::from(records)),
        ..PartitionProduceData::default()
    };
    let topic = TopicProduceData {
        name: topic.into(),
        partition_data: vec![partition],
        ..TopicProduceData::default()
    };
    let request =
        ProduceRequest { acks, timeout_ms: 10_000, topic_data: vec![topic], ..ProduceRequest::default() };
    match Raw::connect(node)?.ask(9, &RequestBody::Produce(request))? {
        ResponseBody::Produce(answer) => {
            let partition = answer.responses.first().and_then(|topic| topic.partition_responses.first());
            Ok(partition.context("no partition is answered")?.error_code)
        }
        other => bail!("{other:?}"),
    }
}

fn ensure_code(expected: ErrorCode, code: i16) -> anyhow::Result<()> {
    let name = ErrorCode::from_number(code).map_or("unknown", ErrorCode::name);
    ensure!(code == expected as i16, "the node answered {name} ({code}) in place of {}", expected.name());
    Ok(())
}

fn answers(node: &Node<'_>, expected: ErrorCode, records: Vec<u8>) -> anyhow::Result<()> {
    ensure_code(expected, produce(node, 1, TOPIC, 0, records)?)
}

/// Whatever the error: which one it is hangs on the library that reads the codec.
fn refuses(node: &Node<'_>, records: Vec<u8>) -> anyhow::Result<()> {
    ensure!(produce(node, 1, TOPIC, 0, records)? != 0, "the node took it");
    Ok(())
}

/// A small batch that holds eight values of 64 MiB of zeros.
fn bomb(node: &Node<'_>) -> anyhow::Result<()> {
    let zeros = vec![0_u8; 64 << 20];
    for codec in [Codec::Zstd, Codec::Gzip] {
        let batch = batch(&[zeros.as_slice(); 8], codec)?;
        ensure!(batch.len() < 1 << 20, "{codec} makes {} bytes of it", batch.len());
        produce(node, 1, TOPIC, 0, batch)?;
    }
    Ok(())
}
