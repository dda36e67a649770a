//! Record batches as Kafka keeps them on the wire and on disk, byte for byte.
//!
//! Reads batches of magic 2 and the legacy messages of magic 0 and 1, checks them, patches what a leader
//! patches, builds new batches and control batches, and compresses and decompresses in Kafka's framing.
//!
//! Never: files, sockets, clocks or threads; allocation for the header, checksum, records or patches of an
//! uncompressed batch; a length or count believed before its bytes are there; a panic on any input. Policy
//! (which batches a leader accepts) and the bodies of most control records are others' business.
//!
//! Start with [`Batches`] and [`Batch`] to read, [`BatchMut`] to patch, [`BatchBuilder`] to write.

mod attributes;
mod batch;
mod batches;
mod builder;
mod bytes;
mod compression;
mod control;
mod crc;
mod error;
#[cfg(test)]
mod golden;
mod header;
mod ids;
mod legacy;
mod patch;
mod record;
mod records;
mod sequence;
mod skim;
mod varint;

pub use attributes::{Attributes, TimestampType};
pub use batch::Batch;
pub use batches::{Batches, BatchesError, BatchesMut};
pub use builder::{AppendError, BatchBuilder, BatchSettings, BuildError, NewRecord, write_empty_batch};
pub use compression::{
    Codec, CompressError, Compression, Compressor, DecompressError, Decompressor, InvalidLevel, UnknownCodec,
    UnknownCodecName,
};
pub use control::{
    ControlRecordType, EndTxnMarker, InvalidControlRecord, MarkerSettings, TransactionResult, control_record,
};
pub use crc::{crc32, crc32c};
pub use error::{BatchError, CrcMismatch, Field, InvalidRecord, RecordDefect, RecordsError};
pub use header::{
    BatchHeader, BatchPrefix, HEADER_SIZE, LEGACY_V0_OVERHEAD, LEGACY_V1_OVERHEAD, LOG_OVERHEAD, Magic,
    NO_PRODUCER_EPOCH, NO_SEQUENCE, PREFIX_SIZE,
};
pub use ids::{LeaderEpoch, Offset, ProducerId, Timestamp};
pub use patch::BatchMut;
pub use record::{Header, Headers, HeadersIter, Record};
pub use records::Records;
pub use sequence::{decrement_sequence, increment_sequence};
pub use skim::{RecordSummary, Skim};
