//! The file of a producer snapshot.

use std::path::Path;

use ottla_io::Disk;
use ottla_record::{Offset, ProducerId, Timestamp, crc32c};

use super::entry::{BatchMetadata, ProducerStateEntry};
use crate::error::{CorruptSnapshotError, DiskError, SnapshotError};

const VERSION: i16 = 1;
/// Version and checksum, which the checksum does not cover.
const CRC_END: usize = 6;
const HEADER_LEN: usize = 10;
const ENTRY_LEN: usize = 46;
/// Some five million producers; more is no snapshot of ours nor of Kafka's.
const FILE_LEN_MAX: u64 = 256 << 20;

/// The bytes of a snapshot.
///
/// | bytes | field |
/// | --- | --- |
/// | 2 | version, 1 |
/// | 4 | CRC-32C of all that follows |
/// | 4 | number of producers |
///
/// and for each producer
///
/// | bytes | field |
/// | --- | --- |
/// | 8 | producer id |
/// | 2 | its epoch |
/// | 4 | last sequence, -1 for none |
/// | 8 | last offset, -1 for none |
/// | 4 | last offset less first offset of the last batch |
/// | 8 | timestamp of the last batch or marker |
/// | 4 | epoch of the coordinator of the last marker, -1 for none |
/// | 8 | first offset of the open transaction, -1 for none |
pub fn encode_snapshot<'a>(entries: impl ExactSizeIterator<Item = &'a ProducerStateEntry>) -> Vec<u8> {
    let count = u32::try_from(entries.len()).expect("producers are bounded by memory long before");
    let mut bytes = Vec::with_capacity(HEADER_LEN + entries.len() * ENTRY_LEN);
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&count.to_be_bytes());
    for entry in entries {
        bytes.extend_from_slice(&entry.producer_id.0.to_be_bytes());
        bytes.extend_from_slice(&entry.producer_epoch.to_be_bytes());
        bytes.extend_from_slice(&entry.last_sequence().to_be_bytes());
        bytes.extend_from_slice(&entry.last_data_offset().0.to_be_bytes());
        bytes.extend_from_slice(&entry.last_offset_delta().to_be_bytes());
        bytes.extend_from_slice(&entry.last_timestamp.0.to_be_bytes());
        bytes.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
        let first_offset = entry.current_transaction_first_offset.unwrap_or(Offset::NONE);
        bytes.extend_from_slice(&first_offset.0.to_be_bytes());
    }
    let crc = crc32c(&bytes[CRC_END..]);
    bytes[2..CRC_END].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// Reads a snapshot's bytes; `path` is for the error.
pub fn decode_snapshot(path: &Path, bytes: &[u8]) -> Result<Vec<ProducerStateEntry>, CorruptSnapshotError> {
    let corrupt = |position: usize, what| CorruptSnapshotError {
        path: path.to_owned(),
        position: position as u64,
        what,
    };
    let Some((header, body)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return Err(corrupt(bytes.len(), format!("it ends within its header of {HEADER_LEN} bytes")));
    };
    let mut fields = Fields(header);
    let (version, stored, count) = (fields.i16(), fields.i32() as u32, fields.i32());
    if version != VERSION {
        return Err(corrupt(0, format!("version is {version}, {VERSION} would be right")));
    }
    let computed = crc32c(&bytes[CRC_END..]);
    if stored != computed {
        return Err(corrupt(2, format!("stored crc is {stored}, computed crc is {computed}")));
    }
    let (entries, _) = body.as_chunks::<ENTRY_LEN>();
    let wanted = usize::try_from(count).ok().and_then(|count| entries.get(..count));
    let Some(entries) = wanted else {
        return Err(corrupt(CRC_END, format!("{count} producers counted, {} are there", entries.len())));
    };
    Ok(entries.iter().map(decode_entry).collect())
}

fn decode_entry(bytes: &[u8; ENTRY_LEN]) -> ProducerStateEntry {
    let mut fields = Fields(bytes);
    let mut entry = ProducerStateEntry::empty(ProducerId(fields.i64()));
    let producer_epoch = fields.i16();
    let last_sequence = fields.i32();
    let last_offset = Offset(fields.i64());
    let offset_delta = fields.i32();
    let timestamp = Timestamp(fields.i64());
    entry.producer_epoch = producer_epoch;
    entry.last_timestamp = timestamp;
    entry.coordinator_epoch = fields.i32();
    entry.current_transaction_first_offset = Some(Offset(fields.i64())).filter(|offset| offset.is_some());
    if last_offset.is_some() {
        entry
            .add_batch(producer_epoch, BatchMetadata { last_sequence, last_offset, offset_delta, timestamp });
    }
    entry
}

/// Reads a snapshot.
pub fn read_snapshot(disk: &dyn Disk, path: &Path) -> Result<Vec<ProducerStateEntry>, SnapshotError> {
    match disk.read(path, FILE_LEN_MAX) {
        Ok(bytes) => Ok(decode_snapshot(path, &bytes)?),
        Err(source) => Err(DiskError { action: "read", path: path.to_owned(), source }.into()),
    }
}

/// Takes fields off the front of bytes whose number is known to be right.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self.0.split_first_chunk().expect("the layout is of fixed size");
        self.0 = rest;
        *field
    }

    fn i16(&mut self) -> i16 {
        i16::from_be_bytes(self.take())
    }

    fn i32(&mut self) -> i32 {
        i32::from_be_bytes(self.take())
    }

    fn i64(&mut self) -> i64 {
        i64::from_be_bytes(self.take())
    }
}
