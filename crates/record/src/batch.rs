//! A whole batch over borrowed bytes.

use std::ops::Deref;

use crate::compression::Decompressor;
use crate::crc::{crc32, crc32c};
use crate::error::{BatchError, CrcMismatch, RecordsError};
use crate::header::{BatchHeader, Magic, at};
use crate::ids::Offset;
use crate::legacy::LegacyRecords;
use crate::records::Records;
use crate::skim::Skim;

/// A batch of any format whose bytes are all there. Nothing more is checked until asked: [`Batch::verify`]
/// compares the checksum, [`Batch::records`] reads the records by Kafka's rules.
///
/// Derefs to its [`BatchHeader`].
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    header: BatchHeader,
    bytes: &'a [u8],
}

impl Deref for Batch<'_> {
    type Target = BatchHeader;

    fn deref(&self) -> &BatchHeader {
        &self.header
    }
}

impl<'a> Batch<'a> {
    /// The batch at the start of `bytes`; what follows it is not looked at.
    ///
    /// # Errors
    /// If the bytes end within the batch, its length is below what the format needs, or its magic is unknown.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let header = BatchHeader::parse(bytes)?;
        let need = header.size_in_bytes();
        let bytes = bytes.get(..need).ok_or(BatchError::Truncated { have: bytes.len(), need })?;
        Ok(Self { header, bytes })
    }

    /// The batch of which `header` was read.
    pub(crate) const fn from_parts(header: BatchHeader, bytes: &'a [u8]) -> Self {
        Self { header, bytes }
    }

    /// What the header says.
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// All bytes of the batch, and only they.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The checksum that the bytes have.
    pub fn computed_crc(&self) -> u32 {
        match self.header.magic {
            Magic::V0 | Magic::V1 => crc32(&self.bytes[at::MAGIC..]),
            Magic::V2 => crc32c(&self.bytes[at::ATTRIBUTES..]),
        }
    }

    /// Compares the checksum. It covers all of a batch but its offset, length, leader epoch and magic, which
    /// leaders rewrite.
    ///
    /// # Errors
    /// If the bytes are not those that were written.
    pub fn verify(&self) -> Result<(), CrcMismatch> {
        let stored = self.header.crc;
        let computed = self.computed_crc();
        if stored == computed { Ok(()) } else { Err(CrcMismatch { stored, computed }) }
    }

    /// The records as stored: compressed if the attributes name a codec. Of a legacy message, key and value
    /// with their lengths.
    pub fn records_bytes(&self) -> &'a [u8] {
        match self.header.magic {
            Magic::V0 => &self.bytes[at::LEGACY_V0_KEY..],
            Magic::V1 => &self.bytes[at::LEGACY_V1_KEY..],
            Magic::V2 => &self.bytes[at::RECORDS..],
        }
    }

    /// The records: straight over the batch's bytes if uncompressed, else decompressed into the buffer of
    /// `decompressor`, once.
    ///
    /// # Errors
    /// If the codec is unknown, the records do not decompress within the limit of `decompressor`, the count
    /// is negative, or a compressed legacy message is not one. What is wrong with a single record the
    /// iterator tells.
    pub fn records<'b>(&self, decompressor: &'b mut Decompressor) -> Result<Records<'b>, RecordsError>
    where
        'a: 'b,
    {
        if self.header.magic != Magic::V2 {
            return Ok(Records::legacy(LegacyRecords::open(*self, decompressor)?));
        }
        if self.header.records_count == 0 {
            return Records::current(&self.header, &[]);
        }
        let bytes = if self.header.attributes.is_compressed() {
            decompressor.decompress(self.header.attributes.codec()?, self.records_bytes())?
        } else {
            self.records_bytes()
        };
        Records::current(&self.header, bytes)
    }

    /// The records without keys and values, read by the same rules. Compressed ones are decompressed chunk by
    /// chunk, so that memory is bounded by a block of the codec and not by what comes out; the limit of
    /// `decompressor` still bounds that. (Legacy messages are decompressed whole.)
    ///
    /// # Errors
    /// If the codec is unknown, the count is negative, or a compressed legacy message is not one. Other
    /// errors the iterator tells.
    pub fn skim<'b>(&self, decompressor: &'b mut Decompressor) -> Result<Skim<'b>, RecordsError>
    where
        'a: 'b,
    {
        if self.header.magic != Magic::V2 {
            return self.records(decompressor).map(Skim::legacy);
        }
        if self.header.records_count == 0 {
            return Skim::in_place(&self.header, &[]);
        }
        if !self.header.attributes.is_compressed() {
            return Skim::in_place(&self.header, self.records_bytes());
        }
        let codec = self.header.attributes.codec()?;
        Skim::chunked(&self.header, decompressor.chunks(codec, self.records_bytes()))
    }

    /// Offset of the first record: `base_offset`, except that a compressed legacy message must be opened to
    /// know.
    ///
    /// # Errors
    /// If that message cannot be opened.
    pub fn first_offset(&self, decompressor: &mut Decompressor) -> Result<Offset, RecordsError> {
        if self.header.magic == Magic::V2 || !self.header.attributes.is_compressed() {
            return Ok(self.header.base_offset);
        }
        match self.records(decompressor)?.next() {
            Some(first) => Ok(first?.offset),
            None => Err(RecordsError::LegacyWrapper("it holds no messages")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{BatchError, Field, InvalidRecord, RecordDefect};
    use crate::golden;
    use crate::header::{HEADER_SIZE, NO_SEQUENCE};
    use crate::ids::{LeaderEpoch, ProducerId, Timestamp};
    use crate::record::{Header, Record};

    fn records<'a>(batch: &Batch<'a>) -> Vec<Result<Record<'a>, InvalidRecord>> {
        let mut decompressor = Decompressor::with_limit(0);
        let batch = *batch;
        // The bytes are uncompressed, so nothing borrows from the decompressor; Rust cannot know.
        let cursor = Records::current(batch.header(), batch.records_bytes()).expect("count is not negative");
        assert_eq!(batch.records(&mut decompressor).expect("readable").count(), cursor.clone().count());
        cursor.collect()
    }

    #[test]
    fn reads_a_batch_of_kafka() {
        let bytes = golden::transactional_batch();
        let batch = Batch::parse(&bytes).expect("a batch");
        assert_eq!(batch.verify(), Ok(()));
        assert_eq!(
            (batch.base_offset, batch.last_offset(), batch.next_offset()),
            (Offset(100), Offset(101), Offset(102))
        );
        assert_eq!(batch.partition_leader_epoch, LeaderEpoch(9));
        assert_eq!((batch.producer_id, batch.producer_epoch), (ProducerId(7), 3));
        assert_eq!((batch.base_sequence, batch.last_sequence()), (5, 6));
        assert_eq!((batch.base_timestamp, batch.max_timestamp), (Timestamp(1000), Timestamp(1002)));
        assert!(batch.attributes.is_transactional() && !batch.attributes.is_control());

        let read: Vec<_> = records(&batch).into_iter().map(|record| record.expect("valid")).collect();
        assert_eq!((read[0].offset, read[0].timestamp, read[0].sequence), (Offset(100), Timestamp(1000), 5));
        assert_eq!((read[0].key, read[0].value), (Some(&b"k1"[..]), Some(&b"v1"[..])));
        assert_eq!(read[0].headers.iter().collect::<Vec<_>>(), [Header { key: b"h", value: Some(b"x") }]);
        assert_eq!((read[1].offset, read[1].timestamp, read[1].sequence), (Offset(101), Timestamp(1002), 6));
        assert_eq!((read[1].key, read[1].value), (None, Some(&b"v2"[..])));
        assert_eq!(HEADER_SIZE + read[0].size_in_bytes + read[1].size_in_bytes, bytes.len());
    }

    #[test]
    fn reads_a_marker_of_kafka() {
        let bytes = golden::commit_marker();
        let batch = Batch::parse(&bytes).expect("a batch");
        assert_eq!(batch.verify(), Ok(()));
        assert!(batch.attributes.is_control() && batch.attributes.is_transactional());
        assert_eq!((batch.base_sequence, batch.last_sequence()), (NO_SEQUENCE, NO_SEQUENCE));
    }

    #[test]
    fn every_flipped_bit_under_the_checksum_is_found() {
        let golden = golden::transactional_batch();
        for bit in at::CRC * 8..golden.len() * 8 {
            let mut bytes = golden.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let batch = Batch::parse(&bytes).expect("the prefix is untouched");
            batch.verify().expect_err("one bit is wrong");
        }
    }

    #[test]
    fn every_cut_is_found() {
        let bytes = golden::transactional_batch();
        for have in 0..bytes.len() {
            let error = Batch::parse(&bytes[..have]).expect_err("cut");
            let need = if have < 12 { 17 } else { bytes.len() };
            assert_eq!(error, BatchError::Truncated { have, need });
        }
    }

    #[test]
    fn lying_lengths_and_magics() {
        let golden = golden::transactional_batch();
        for length in [i32::MIN, -1, 0, 13, 48] {
            let mut bytes = golden.clone();
            bytes[at::BATCH_LENGTH..at::BATCH_LENGTH + 4].copy_from_slice(&length.to_be_bytes());
            let error = Batch::parse(&bytes).expect_err("too small");
            assert!(
                matches!(error, BatchError::LengthTooSmall { length: found, .. } if found == length),
                "{error}"
            );
        }
        let mut bytes = golden.clone();
        bytes[at::BATCH_LENGTH..at::BATCH_LENGTH + 4].copy_from_slice(&i32::MAX.to_be_bytes());
        assert!(Batch::parse(&bytes).expect_err("too large").is_truncated());
        let mut bytes = golden;
        for magic in [3u8, 0x7f, 0xff] {
            bytes[at::MAGIC] = magic;
            assert_eq!(Batch::parse(&bytes).expect_err("unknown"), BatchError::UnknownMagic(magic as i8));
        }
    }

    /// Changes one byte of the golden batch and tells what the first wrong record is.
    fn defect_after(at: usize, byte: u8) -> InvalidRecord {
        let mut bytes = golden::transactional_batch();
        bytes[at] = byte;
        let batch = Batch::parse(&bytes).expect("a batch");
        let read = records(&batch);
        *read.last().expect("some").as_ref().expect_err("one is wrong")
    }

    #[test]
    fn defects_of_records() {
        let first = at::RECORDS;
        let second = first + 15;
        let check =
            |at, byte, index, cause| assert_eq!(defect_after(at, byte), InvalidRecord { index, cause });
        check(at::RECORDS_COUNT + 3, 3, 2, RecordDefect::Truncated(Field::Size));
        check(at::RECORDS_COUNT + 3, 1, 0, RecordDefect::TrailingBytes(9));
        check(first, 0x7e, 0, RecordDefect::SizeBeyondBatch { declared: 63, left: 23 });
        check(first, 0x01, 0, RecordDefect::SizeBeyondBatch { declared: -1, left: 23 });
        check(first, 0x1e, 0, RecordDefect::SizeMismatch { declared: 15, read: 14 });
        check(first, 0x00, 0, RecordDefect::Truncated(Field::Attributes));
        check(first + 4, 0x7e, 0, RecordDefect::Truncated(Field::Key));
        check(first + 7, 0x7e, 0, RecordDefect::Truncated(Field::Value));
        check(first + 10, 0x01, 0, RecordDefect::NegativeHeaderCount(-1));
        check(first + 10, 0x0a, 0, RecordDefect::HeaderCount { count: 5, left: 4 });
        check(first + 10, 0x04, 0, RecordDefect::Truncated(Field::HeaderKey));
        check(first + 11, 0x01, 0, RecordDefect::NullHeaderKey(-1));
        check(second, 0x0e, 1, RecordDefect::Truncated(Field::HeaderCount));
    }

    #[test]
    fn negative_count_is_an_error() {
        let mut bytes = golden::transactional_batch();
        bytes[at::RECORDS_COUNT] = 0xff;
        let batch = Batch::parse(&bytes).expect("a batch");
        let error = batch.records(&mut Decompressor::with_limit(0)).expect_err("negative");
        assert!(matches!(error, RecordsError::NegativeCount(_)));
    }
}
