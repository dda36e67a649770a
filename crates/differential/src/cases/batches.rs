//! Batches to be produced, good and bad.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ottla_record::{
    BatchBuilder, BatchSettings, Codec, Compressor, NewRecord, ProducerId, Timestamp, crc32c,
};
use serde_json::{Value, json};

/// The time of the first record. Far enough from now to be told from it.
pub(super) const TIME: i64 = 1_700_000_000_000;

/// Where fields of a batch lie.
pub(super) const BASE_OFFSET: usize = 0;
pub(super) const LENGTH: usize = 8;
pub(super) const LEADER_EPOCH: usize = 12;
pub(super) const MAGIC: usize = 16;
const CRC: usize = 17;
pub(super) const ATTRIBUTES: usize = 21;
pub(super) const LAST_OFFSET_DELTA: usize = 23;
pub(super) const BASE_TIMESTAMP: usize = 27;
pub(super) const MAX_TIMESTAMP: usize = 35;
pub(super) const PRODUCER_ID: usize = 43;
pub(super) const PRODUCER_EPOCH: usize = 51;
pub(super) const BASE_SEQUENCE: usize = 53;
pub(super) const COUNT: usize = 57;
pub(super) const RECORDS: usize = 61;

/// A batch of `count` records a second apart, from `time` on, as a plain producer sends it.
pub(super) fn plain(count: u32, time: i64) -> anyhow::Result<Vec<u8>> {
    built(count, time, BatchSettings::default())
}

/// The same in another codec.
pub(super) fn compressed(codec: Codec) -> anyhow::Result<Vec<u8>> {
    built(20, TIME, BatchSettings { compression: codec.into(), ..BatchSettings::default() })
}

/// Two records of a transactional producer, as they stand in JSON.
pub(crate) fn transactional(id: i64, epoch: i16, sequence: i32) -> anyhow::Result<Value> {
    let settings = BatchSettings {
        producer_id: ProducerId(id),
        producer_epoch: epoch,
        base_sequence: sequence,
        is_transactional: true,
        ..BatchSettings::default()
    };
    Ok(text(&built(2, TIME, settings)?))
}

/// Two records of an idempotent producer.
pub(super) fn sequenced(id: i64, epoch: i16, sequence: i32) -> anyhow::Result<Vec<u8>> {
    let settings = BatchSettings {
        producer_id: ProducerId(id),
        producer_epoch: epoch,
        base_sequence: sequence,
        ..BatchSettings::default()
    };
    built(2, TIME, settings)
}

pub(super) fn built(count: u32, time: i64, settings: BatchSettings) -> anyhow::Result<Vec<u8>> {
    let mut builder = BatchBuilder::new(settings);
    for index in 0..count {
        let (key, value) = (format!("key {}", index % 3), format!("value {index}"));
        let timestamp = Timestamp(time + 1000 * i64::from(index));
        let record =
            NewRecord { timestamp, key: Some(key.as_bytes()), value: Some(value.as_bytes()), headers: &[] };
        builder.append(&record)?;
    }
    Ok(builder.build(&mut Compressor::new())?)
}

/// One record of this value, without a key.
pub(super) fn keyless(value: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut builder = BatchBuilder::new(BatchSettings::default());
    builder.append(&NewRecord { timestamp: Timestamp(TIME), key: None, value: Some(value), headers: &[] })?;
    Ok(builder.build(&mut Compressor::new())?)
}

/// A good batch with some bytes in place of its own.
pub(super) fn altered(at: usize, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut batch = plain(3, TIME)?;
    batch[at..at + bytes.len()].copy_from_slice(bytes);
    Ok(batch)
}

/// The same, with a checksum that agrees.
pub(super) fn resealed(at: usize, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut batch = altered(at, bytes)?;
    let crc = crc32c(&batch[ATTRIBUTES..]);
    batch[CRC..ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
    Ok(batch)
}

/// Bytes as they stand in JSON.
pub(super) fn text(batch: &[u8]) -> Value {
    json!(STANDARD.encode(batch))
}
