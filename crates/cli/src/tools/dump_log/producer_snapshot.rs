//! Dumps a producer snapshot, a `.snapshot` file.

use std::io::{self, Write};

use ottla_io::RealDisk;
use ottla_log::error::SnapshotError;
use ottla_log::producer_state::{ProducerStateEntry, read_snapshot};

use crate::frame::{Console, Stop};
use crate::java::JavaFile;

/// A corrupt snapshot is told and does not end the dump, as brokers too get by without it.
pub(super) fn dump(file: &JavaFile, console: &mut Console<'_>) -> Result<(), Stop> {
    match read_snapshot(&RealDisk, file.as_path()) {
        Ok(producers) => {
            for producer in &producers {
                write_producer(console.out(), producer)?;
            }
            Ok(())
        }
        Err(SnapshotError::Corrupt(error)) => Ok(writeln!(console.err()?, "{error}")?),
        Err(SnapshotError::Disk(error)) => Err(Stop::Failed(error.into())),
    }
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
