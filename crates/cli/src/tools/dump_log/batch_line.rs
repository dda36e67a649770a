//! The line of a batch.

use std::io::Write;

use anyhow::Context;
use ottla_record::BatchHeader;

use super::batches::{BatchReader, Frame, is_valid, timestamp_type};
use crate::frame::Stop;

/// Prints the line of a batch and returns the header that it shows. Where the codec is unknown the line ends as Kafka's does, before
/// what cannot be told; and so does that of a message of an unknown magic below today's.
pub(super) fn write(
    out: &mut dyn Write,
    reader: &mut BatchReader,
    frame: &Frame,
) -> Result<BatchHeader, Stop> {
    let header = if frame.is_current() {
        let header = reader.header(frame)?;
        write_fields(out, frame, &header)?;
        header
    } else {
        write!(out, "offset: {}", frame.offset)?;
        reader.header(frame)?
    };
    let codec =
        header.attributes.codec().with_context(|| reader.corrupt(frame, "its records cannot be read"))?;
    let is_valid = is_valid(frame, reader.bytes(frame)?, header.crc);
    writeln!(
        out,
        " position: {} {}: {} size: {} magic: {} compresscodec: {} crc: {} isvalid: {is_valid}",
        frame.position,
        timestamp_type(frame, &header),
        header.max_timestamp,
        frame.size,
        frame.magic,
        codec.name(),
        header.crc,
    )?;
    Ok(header)
}

fn write_fields(out: &mut dyn Write, frame: &Frame, header: &BatchHeader) -> std::io::Result<()> {
    write!(
        out,
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} \
         partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: ",
        frame.offset,
        header.last_offset(),
        header.records_count,
        header.base_sequence,
        header.last_sequence(),
        header.producer_id,
        header.producer_epoch,
        header.partition_leader_epoch,
        header.attributes.is_transactional(),
        header.attributes.is_control(),
    )?;
    match header.delete_horizon() {
        Some(horizon) => write!(out, "OptionalLong[{horizon}]"),
        None => write!(out, "OptionalLong.empty"),
    }
}
