//! Records that are written, and batches that are refused.

use std::time::Duration;

use ottla_record::{BatchSettings, Codec};
use ottla_wire::api::ApiKey::{ApiVersions, Fetch, InitProducerId, ListOffsets, Produce};
use serde_json::{Value, json};

use super::batches::{self, TIME, altered, compressed, keyless, plain, resealed, sequenced, text};
use super::{Script, script};
use crate::normalise::now_ms;
use crate::play::{Play, produce_body};

pub(super) const SCRIPTS: &[Script] = &[
    script("batches that are taken", Produce, taken),
    script("partitions that are not there", Produce, nowhere),
    script("acknowledgements", Produce, acknowledgements),
    script("codecs", Produce, codecs),
    script("batches that lie", Produce, lies),
    script("lists of partitions", Produce, partitions),
    script("sequences of an idempotent producer", Produce, sequences),
    script("times of records", Produce, times),
    script("times that the log gives", Produce, append_times),
    script("a compacted topic", Produce, compacted),
    script("limits of a topic", Produce, limits),
    script("transactional batches of nobody", Produce, transactional),
    script("topics of the cluster's own", Produce, internal),
    script("ids of producers", InitProducerId, producer_ids),
];

/// What the log has from its start on.
pub(super) fn read(play: &mut Play<'_, '_>, topic: &str, partition: i32) -> anyhow::Result<()> {
    let partition = json!({
        "partition": partition, "currentLeaderEpoch": -1, "fetchOffset": 0, "partitionMaxBytes": 1_000_000,
    });
    let name = format!("{topic}@");
    let topics = json!([{ "topic": name, "topicId": format!("${topic}"), "partitions": [partition] }]);
    play.ask(Fetch, json!({ "replicaId": -1, "maxBytes": 10_000_000, "topics": topics }))?;
    Ok(())
}

fn taken(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    for partition in [0, 1, 0] {
        play.produce("t", partition, text(&plain(3, TIME)?))?;
    }
    play.produce("t", 0, text(&keyless(b"")?))?;
    play.produce("t", 0, text(&keyless(&[b'x'; 100_000])?))?;
    read(play, "t", 0)?;
    read(play, "t", 1)
}

fn nowhere(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    let records = text(&plain(1, TIME)?);
    for partition in [1, -1, i32::MAX] {
        play.produce("t", partition, records.clone())?;
    }
    for (name, id) in [
        ("absent@", super::metadata::NO_ID),
        ("", "AAAAAAAAAAAAAAAAAAAAAA"),
        ("a b", super::metadata::NO_ID),
        ("t@", super::metadata::NO_ID),
    ] {
        let data = json!([{ "index": 0, "records": records }]);
        let topic = json!({ "name": name, "topicId": id, "partitionData": data });
        play.ask(Produce, json!({ "acks": -1, "timeoutMs": 1000, "topicData": [topic] }))?;
    }
    Ok(())
}

fn acknowledgements(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    let records = text(&plain(1, TIME)?);
    for acks in [1, -1, 2, 7, -2, i16::MAX] {
        play.ask(Produce, produce_body("t", 0, acks, records.clone()))?;
    }
    for timeout in [0, -1] {
        let mut body = produce_body("t", 0, -1, records.clone());
        body["timeoutMs"] = json!(timeout);
        play.ask(Produce, body)?;
    }
    // Nothing is answered, and so the next answer belongs to the next request.
    play.send(Produce, produce_body("t", 0, 0, records.clone()))?;
    play.expect_nothing()?;
    play.ask(ApiVersions, json!({ "clientSoftwareName": "a", "clientSoftwareVersion": "1" }))?;
    read(play, "t", 0)?;
    // An error that nobody waits for closes the connection.
    play.send(Produce, produce_body("t", 9, 0, records))?;
    play.expect_nothing()?;
    play.ask(ApiVersions, json!({ "clientSoftwareName": "a", "clientSoftwareVersion": "1" }))?;
    Ok(())
}

fn codecs(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    for codec in [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        play.produce("t", 0, text(&compressed(codec)?))?;
    }
    // Which records come out of a batch that is compressed anew hangs on the library; that it is taken does not.
    for kind in ["uncompressed", "gzip", "snappy", "lz4", "zstd"] {
        play.topic_with(kind, 1, &[("compression.type", kind)])?;
        for codec in [Codec::None, Codec::Gzip, Codec::Zstd] {
            play.produce(kind, 0, text(&compressed(codec)?))?;
        }
    }
    read(play, "t", 0)?;
    read(play, "uncompressed", 0)
}

/// Places of a batch, with bytes that do not belong there.
const LIES: &[(usize, &[u8])] = &[
    (batches::BASE_OFFSET, &[0, 0, 0, 0, 0, 0, 0, 1]),
    (batches::BASE_OFFSET, &[0xff; 8]),
    (batches::LENGTH, &[0, 0, 9, 9]),
    (batches::LENGTH, &[0, 0, 0, 9]),
    (batches::LENGTH, &[0xff; 4]),
    (batches::LENGTH, &[0x7f, 0xff, 0xff, 0xff]),
    (batches::LEADER_EPOCH, &[0, 0, 0, 9]),
    (batches::MAGIC, &[0]),
    (batches::MAGIC, &[1]),
    (batches::MAGIC, &[3]),
    (batches::MAGIC, &[9]),
    (batches::MAGIC, &[0xff]),
    (batches::ATTRIBUTES, &[0, 8]),
    (batches::ATTRIBUTES, &[0, 0x10]),
    (batches::ATTRIBUTES, &[0, 0x20]),
    (batches::ATTRIBUTES, &[0, 0x30]),
    (batches::ATTRIBUTES, &[0, 0x40]),
    (batches::ATTRIBUTES, &[0x80, 0]),
    (batches::ATTRIBUTES, &[0, 1]),
    (batches::ATTRIBUTES, &[0, 2]),
    (batches::ATTRIBUTES, &[0, 3]),
    (batches::ATTRIBUTES, &[0, 4]),
    (batches::ATTRIBUTES, &[0, 5]),
    (batches::ATTRIBUTES, &[0, 7]),
    (batches::LAST_OFFSET_DELTA, &[0, 0, 0, 9]),
    (batches::LAST_OFFSET_DELTA, &[0, 0, 0, 0]),
    (batches::LAST_OFFSET_DELTA, &[0xff; 4]),
    (batches::BASE_TIMESTAMP, &[0xff; 8]),
    (batches::BASE_TIMESTAMP, &[0x80, 0, 0, 0, 0, 0, 0, 0]),
    (batches::MAX_TIMESTAMP, &[0; 8]),
    (batches::MAX_TIMESTAMP, &[0xff; 8]),
    (batches::PRODUCER_ID, &[0, 0, 0, 0, 0, 0x10, 0, 1]),
    (batches::PRODUCER_EPOCH, &[0, 1]),
    (batches::BASE_SEQUENCE, &[0, 0, 0, 1]),
    (batches::COUNT, &[0, 0, 0, 9]),
    (batches::COUNT, &[0, 0, 0, 2]),
    (batches::COUNT, &[0, 0, 0, 0]),
    (batches::COUNT, &[0xff; 4]),
    (batches::COUNT, &[0x7f, 0xff, 0xff, 0xff]),
    (batches::RECORDS, &[0x7e]),
    (batches::RECORDS, &[0x01]),
    (batches::RECORDS, &[0x00]),
    (batches::RECORDS + 1, &[0x01]),
    (batches::RECORDS + 3, &[0x08]),
    (batches::RECORDS + 4, &[0x7f]),
];

fn lies(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    for (at, bytes) in LIES {
        play.produce("t", 0, text(&resealed(*at, bytes)?))?;
    }
    play.produce("t", 0, text(&altered(batches::COUNT, &[0, 0, 0, 2])?))?;
    let good = plain(3, TIME)?;
    play.produce("t", 0, text(&[good.as_slice(), good.as_slice()].concat()))?;
    for len in [0, 1, 11, 12, 16, 17, 60, 61, good.len() - 1] {
        play.produce("t", 0, text(&good[..len]))?;
    }
    play.produce("t", 0, text(&[good.as_slice(), b"x"].concat()))?;
    play.produce("t", 0, text(&good))?;
    read(play, "t", 0)?;
    play.patience = Duration::from_secs(2);
    play.produce("t", 0, Value::Null).map(drop)
}

fn partitions(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    play.topic("u", 1)?;
    let records = text(&plain(2, TIME)?);
    let part = |index: i32| json!({ "index": index, "records": records });
    let topic = |name: &str, partitions: Value| json!({ "name": format!("{name}@"), "topicId": format!("${name}"), "partitionData": partitions });
    for topics in [
        json!([topic("t", json!([part(0), part(1)])), topic("u", json!([part(0)]))]),
        json!([topic("t", json!([part(0), part(7)]))]),
        json!([topic("t", json!([part(0), part(0)]))]),
        json!([topic("t", json!([part(0)])), topic("t", json!([part(1)]))]),
        json!([topic("t", json!([]))]),
        json!([]),
    ] {
        play.ask(Produce, json!({ "acks": -1, "timeoutMs": 1000, "topicData": topics }))?;
    }
    read(play, "t", 0)
}

fn sequences(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    let id = play.producer_id();
    for (epoch, sequence) in [
        (0, 0),
        (0, 2),
        (0, 4),
        (0, 4), // Again.
        (0, 0), // Again, of the last five.
        (0, 7),
        (0, 5),
        (0, 6),
        (0, 8),
        (0, 10),
        (0, 12),
        (0, 0), // Again, too long ago.
        (1, 3),
        (1, 0),
        (0, 14),
        (1, 2),
        (3, 0),
        (2, 0),
        (3, i32::MAX),
        (3, 2),
    ] {
        play.produce("t", 0, text(&sequenced(id, epoch, sequence)?))?;
    }
    // Another whose first sequence is not 0, and which wraps.
    for sequence in [i32::MAX - 3, i32::MAX - 1, i32::MAX - 1, 0, 2] {
        play.produce("t", 0, text(&sequenced(id + 500_000, 0, sequence)?))?;
    }
    read(play, "t", 0)
}

fn times(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    const HOUR: i64 = 3600 * 1000;
    play.topic("t", 1)?;
    play.topic_with("narrow", 1, &[("message.timestamp.before.max.ms", "600000")])?;
    let now = now_ms();
    for time in [now, now + HOUR / 2, now + 2 * HOUR, now - HOUR, TIME, 0, -1, i64::MAX / 2] {
        for topic in ["t", "narrow"] {
            play.produce(topic, 0, text(&plain(2, time)?))?;
        }
    }
    read(play, "t", 0)
}

fn append_times(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic_with("t", 1, &[("message.timestamp.type", "LogAppendTime")])?;
    for codec in [Codec::None, Codec::Gzip] {
        play.produce("t", 0, text(&compressed(codec)?))?;
    }
    play.produce("t", 0, text(&plain(2, 0)?))?;
    play.produce("t", 0, text(&plain(2, i64::MAX / 2)?))?;
    read(play, "t", 0)
}

fn compacted(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic_with("t", 1, &[("cleanup.policy", "compact")])?;
    play.produce("t", 0, text(&plain(3, TIME)?))?;
    play.produce("t", 0, text(&keyless(b"x")?))?;
    play.produce("t", 0, text(&plain(3, TIME)?))?;
    read(play, "t", 0)
}

fn limits(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic_with("t", 1, &[("max.message.bytes", "200")])?;
    play.topic_with("segment", 1, &[("segment.bytes", "1048576"), ("max.message.bytes", "3000000")])?;
    play.topic_with("isr", 1, &[("min.insync.replicas", "2")])?;
    for size in [10, 130, 131, 132, 133, 140, 5000] {
        play.produce("t", 0, text(&keyless(&vec![b'x'; size])?))?;
    }
    play.produce("segment", 0, text(&keyless(&vec![b'x'; 1_500_000])?))?;
    play.produce("t", 0, text(&keyless(&vec![b'x'; 1_500_000])?))?;
    play.produce("isr", 0, text(&plain(1, TIME)?))?;
    let last = json!({ "partitionIndex": 0, "timestamp": -1, "currentLeaderEpoch": -1 });
    let topics =
        json!([{ "name": "t@", "partitions": [last] }, { "name": "segment@", "partitions": [last] }]);
    play.ask(ListOffsets, json!({ "replicaId": -1, "topics": topics }))?;
    Ok(())
}

fn transactional(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 1)?;
    let settings = BatchSettings {
        producer_id: ottla_record::ProducerId(play.producer_id()),
        producer_epoch: 0,
        base_sequence: 0,
        is_transactional: true,
        ..BatchSettings::default()
    };
    let mut body = produce_body("t", 0, -1, text(&batches::built(2, TIME, settings)?));
    play.ask(Produce, body.clone())?;
    body["transactionalId"] = json!("");
    play.ask(Produce, body)?;
    Ok(())
}

fn internal(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.coordinator("group@")?;
    let told = json!({ "topics": [{ "name": "__consumer_offsets" }], "allowAutoTopicCreation": false });
    let told = play.ask(ottla_wire::api::ApiKey::Metadata, told)?;
    play.keep("offsets", &told, "/topics/0/topicId")?;
    let data = json!([{ "index": 0, "records": text(&plain(1, TIME)?) }]);
    let topic = json!({ "name": "__consumer_offsets", "topicId": "$offsets", "partitionData": data });
    play.ask(Produce, json!({ "acks": -1, "timeoutMs": 1000, "topicData": [topic] }))?;
    Ok(())
}

fn producer_ids(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for (timeout, id, epoch) in [
        (1000, -1, -1),
        (0, -1, -1),
        (-1, -1, -1),
        (i32::MAX, -1, -1),
        (1000, 5, 3),
        (1000, 5, -1),
        (1000, -1, 3),
    ] {
        let body = json!({
            "transactionalId": null,
            "transactionTimeoutMs": timeout,
            "producerId": id,
            "producerEpoch": epoch,
        });
        play.ask(InitProducerId, body)?;
    }
    play.ask(
        InitProducerId,
        json!({ "transactionalId": "", "transactionTimeoutMs": 1000, "producerId": -1, "producerEpoch": -1 }),
    )?;
    Ok(())
}
