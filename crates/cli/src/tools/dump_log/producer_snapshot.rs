//! Dumps a producer snapshot, a `.snapshot` file.

use std::io::{self, Write};

use anyhow::Context;
use ottla_io::{Disk, RealDisk};
use ottla_log::producer_state::{ProducerStateEntry, decode_snapshot};
use ottla_record::crc32c;
use ottla_wire::Message;
use ottla_wire::files::producer_snapshot::ProducerSnapshot;

use super::decoder::kafka_reader;
use crate::frame::{Console, Stop};
use crate::java::JavaFile;

/// Some five million producers.
const FILE_LEN_MAX: u64 = 256 << 20;
const VERSION_LEN: usize = 2;
const CRC_END: usize = 6;

/// A corrupt snapshot is told and does not end the dump, as brokers too get by without it.
pub(super) fn dump(file: &JavaFile, console: &mut Console<'_>) -> Result<(), Stop> {
    let bytes = RealDisk.read(file.as_path(), FILE_LEN_MAX).with_context(|| format!("cannot read {file}"))?;
    match decode_snapshot(file.as_path(), &bytes) {
        Ok(producers) => {
            for producer in &producers {
                write_producer(console.out(), producer)?;
            }
        }
        Err(error) => {
            let words = complaint(&bytes).unwrap_or_else(|| error.to_string());
            writeln!(console.err()?, "{words}")?;
        }
    }
    Ok(())
}

/// Kafka's words for what is wrong with a snapshot: it reads all of it before it looks at the checksum.
fn complaint(bytes: &[u8]) -> Option<String> {
    let schema = ProducerSnapshot::SCHEMA;
    let invalid = |why: &str| Some(format!("Snapshot failed schema validation: {why}"));
    let Some((version, body)) = bytes.split_first_chunk::<VERSION_LEN>() else { return invalid("null") };
    let version = i16::from_be_bytes(*version);
    if !schema.valid.contains(version) {
        return invalid(&format!("Snapshot contained an unknown file version {version}"));
    }
    if let Err(why) = kafka_reader::read(schema, version, body) {
        return invalid(&why);
    }
    let stored = u32::from_be_bytes(*body.first_chunk()?);
    let computed = crc32c(bytes.get(CRC_END..)?);
    (stored != computed).then(|| {
        format!(
            "Snapshot is corrupt (CRC is no longer valid). Stored crc: {stored}. Computed crc: {computed}"
        )
    })
}

fn write_producer(out: &mut dyn Write, producer: &ProducerStateEntry) -> io::Result<()> {
    write!(
        out,
        "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: ",
        producer.producer_id(),
        producer.producer_epoch(),
        producer.coordinator_epoch(),
    )?;
    match producer.current_transaction_first_offset() {
        Some(offset) => write!(out, "OptionalLong[{offset}]")?,
        None => write!(out, "OptionalLong.empty")?,
    }
    write!(out, " lastTimestamp: {}", producer.last_timestamp())?;
    if let Some(batch) = producer.batches().first() {
        write!(
            out,
            " firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
            batch.first_sequence(),
            batch.last_sequence,
            batch.last_offset,
            batch.offset_delta,
            batch.timestamp,
        )?;
    }
    writeln!(out)
}
