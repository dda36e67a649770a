//! Messages of the magics 0 and 1, which old segments still hold. They are read and never written.
//!
//! A compressed message is a wrapper: its value is a run of messages. With magic 0 these have absolute
//! offsets, with magic 1 relative ones, and the wrapper has the offset of the last (KIP-31) and a timestamp
//! that, if the leader set it, is theirs too (KIP-32).

use crate::batch::Batch;
use crate::bytes::be_i32;
use crate::compression::{Codec, Decompressor};
use crate::error::{Field, RecordDefect, RecordsError};
use crate::header::{BatchHeader, LOG_OVERHEAD, Magic, NO_SEQUENCE};
use crate::ids::{Offset, Timestamp};
use crate::record::{Headers, Record};

/// The one message of an uncompressed legacy batch, or those within a compressed one.
#[derive(Clone, Debug)]
pub(crate) struct LegacyRecords<'a> {
    state: State<'a>,
}

#[derive(Clone, Debug)]
enum State<'a> {
    Single(Batch<'a>),
    Inner { wrapper: Wrapper, messages: &'a [u8] },
    Ended,
}

/// What inner messages take from their wrapper.
#[derive(Clone, Copy, Debug)]
struct Wrapper {
    magic: Magic,
    log_append_time: Option<Timestamp>,
    base_offset: i64,
}

impl<'a> LegacyRecords<'a> {
    /// Opens a message, and the wrapper if it is one.
    pub(crate) fn open<'b>(
        batch: Batch<'a>,
        decompressor: &'b mut Decompressor,
    ) -> Result<LegacyRecords<'b>, RecordsError>
    where
        'a: 'b,
    {
        if !batch.attributes.is_compressed() {
            return Ok(LegacyRecords { state: State::Single(batch) });
        }
        let codec = batch.attributes.codec()?;
        if codec == Codec::Zstd {
            return Err(RecordsError::LegacyWrapper("zstd came after its format"));
        }
        let (_, value) = key_and_value(batch.records_bytes())
            .map_err(|_| RecordsError::LegacyWrapper("its value is cut off"))?;
        let value = value.ok_or(RecordsError::LegacyWrapper("its value is null"))?;
        let messages = match batch.magic {
            Magic::V0 => decompressor.decompress_magic_0(codec, value)?,
            _ => decompressor.decompress(codec, value)?,
        };
        let base_offset = match batch.magic {
            Magic::V0 => 0,
            _ => base_offset(batch.header(), messages)?,
        };
        let wrapper = Wrapper { magic: batch.magic, log_append_time: batch.log_append_time(), base_offset };
        Ok(LegacyRecords { state: State::Inner { wrapper, messages } })
    }

    pub(crate) fn next(&mut self) -> Option<Result<Record<'a>, RecordDefect>> {
        match &mut self.state {
            State::Ended => None,
            State::Single(batch) => {
                let record = record(batch, batch.base_offset, batch.base_timestamp);
                self.state = State::Ended;
                Some(record)
            }
            State::Inner { wrapper, messages } => {
                let wrapper = *wrapper;
                let batch = match split_message(messages)? {
                    Ok(batch) => batch,
                    Err(defect) => return Some(Err(defect)),
                };
                Some(wrapper.inner_record(&batch))
            }
        }
    }

    pub(crate) fn end(&mut self) {
        self.state = State::Ended;
    }
}

impl Wrapper {
    fn inner_record<'a>(&self, message: &Batch<'a>) -> Result<Record<'a>, RecordDefect> {
        if message.attributes.is_compressed() {
            return Err(RecordDefect::NestedCompression);
        }
        let timestamp = match (message.magic, self.log_append_time) {
            (Magic::V1, Some(time)) => time,
            _ => message.base_timestamp,
        };
        let relative = message.base_offset.0;
        let offset = match self.magic {
            Magic::V0 => relative,
            _ => self.base_offset.wrapping_add(relative),
        };
        record(message, Offset(offset), timestamp)
    }
}

/// Offset to which the relative ones are added. Some clients of old left the wrapper's at 0, which then
/// counts as the base.
fn base_offset(wrapper: &BatchHeader, mut messages: &[u8]) -> Result<i64, RecordsError> {
    let mut last = None;
    while let Some(message) = split_message(&mut messages) {
        match message {
            Ok(message) => last = Some(message.base_offset.0),
            Err(_) => break,
        }
    }
    let Some(inner) = last else {
        return Err(RecordsError::LegacyWrapper("it holds no messages"));
    };
    let wrapper = wrapper.base_offset.0;
    if wrapper == 0 {
        return Ok(0);
    }
    if wrapper < inner {
        return Err(RecordsError::LegacyWrapperOffset { wrapper, inner });
    }
    Ok(wrapper.wrapping_sub(inner))
}

/// Takes the next message; one that is cut off counts as the end, as in Kafka.
fn split_message<'a>(messages: &mut &'a [u8]) -> Option<Result<Batch<'a>, RecordDefect>> {
    if messages.len() < LOG_OVERHEAD {
        return None;
    }
    match Batch::parse(messages) {
        Ok(batch) if batch.magic == Magic::V2 => {
            let defect = RecordDefect::LegacyFraming(crate::error::BatchError::UnknownMagic(Magic::V2 as i8));
            Some(Err(defect))
        }
        Ok(batch) => {
            *messages = &messages[batch.size_in_bytes()..];
            Some(Ok(batch))
        }
        Err(error) if error.is_truncated() => None,
        Err(error) => Some(Err(RecordDefect::LegacyFraming(error))),
    }
}

fn record<'a>(batch: &Batch<'a>, offset: Offset, timestamp: Timestamp) -> Result<Record<'a>, RecordDefect> {
    let (key, value) = key_and_value(batch.records_bytes())?;
    Ok(Record {
        offset,
        timestamp,
        sequence: NO_SEQUENCE,
        attributes: batch.attributes.0 as i8,
        size_in_bytes: batch.size_in_bytes(),
        key,
        value,
        headers: Headers::default(),
    })
}

type KeyAndValue<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

fn key_and_value(bytes: &[u8]) -> Result<KeyAndValue<'_>, RecordDefect> {
    let (key, rest) = sized(bytes, Field::Key)?;
    let (value, _) = sized(rest, Field::Value)?;
    Ok((key, value))
}

fn sized(bytes: &[u8], field: Field) -> Result<(Option<&[u8]>, &[u8]), RecordDefect> {
    let (size, rest) = bytes.split_at_checked(4).ok_or(RecordDefect::Truncated(field))?;
    let Ok(size) = usize::try_from(be_i32(size, 0)) else {
        return Ok((None, rest));
    };
    let (taken, rest) = rest.split_at_checked(size).ok_or(RecordDefect::Truncated(field))?;
    Ok((Some(taken), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::{Compression, Compressor};
    use crate::error::{BatchError, InvalidRecord};

    /// A message of magic 1 with a null key, without a checksum, which reading does not look at.
    fn message(offset: i64, attributes: u8, timestamp: i64, value: Option<&[u8]>) -> Vec<u8> {
        let mut bytes = offset.to_be_bytes().to_vec();
        let value_size = value.map_or(0, <[u8]>::len);
        bytes.extend((22 + value_size as i32).to_be_bytes());
        bytes.extend([0, 0, 0, 0, 1, attributes]);
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend((-1i32).to_be_bytes());
        bytes.extend(value.map_or(-1, |value| value.len() as i32).to_be_bytes());
        bytes.extend(value.unwrap_or_default());
        bytes
    }

    fn wrapper(offset: i64, attributes: u8, inner: &[Vec<u8>]) -> Vec<u8> {
        let mut value = Vec::new();
        let codec = Codec::from_id(attributes & 7).expect("a codec");
        Compressor::new().compress(Compression::of(codec), &inner.concat(), &mut value).expect("little");
        message(offset, attributes, 900, Some(&value))
    }

    fn offsets_and_timestamps(bytes: &[u8]) -> Result<Vec<(i64, i64)>, RecordsError> {
        let mut decompressor = Decompressor::with_limit(1000);
        let batch = Batch::parse(bytes).expect("a message");
        let records = batch.records(&mut decompressor)?;
        let pair = |record: Result<Record<'_>, InvalidRecord>| record.map(|r| (r.offset.0, r.timestamp.0));
        records.map(pair).collect::<Result<_, _>>().map_err(RecordsError::Record)
    }

    fn inner() -> [Vec<u8>; 2] {
        [message(0, 0, 100, Some(b"a")), message(1, 0, 101, Some(b"b"))]
    }

    #[test]
    fn append_time_is_the_wrappers() {
        let create_time = wrapper(41, Codec::Gzip.id(), &inner());
        assert_eq!(offsets_and_timestamps(&create_time), Ok(vec![(40, 100), (41, 101)]));
        let append_time = wrapper(41, Codec::Gzip.id() | 8, &inner());
        assert_eq!(offsets_and_timestamps(&append_time), Ok(vec![(40, 900), (41, 900)]));
    }

    #[test]
    fn a_wrapper_at_zero_counts_from_zero() {
        let bytes = wrapper(0, Codec::Lz4.id(), &inner());
        assert_eq!(offsets_and_timestamps(&bytes), Ok(vec![(0, 100), (1, 101)]));
    }

    #[test]
    fn a_wrapper_below_its_messages_is_wrong() {
        let bytes = wrapper(3, Codec::Snappy.id(), &[message(5, 0, 100, None)]);
        let error = RecordsError::LegacyWrapperOffset { wrapper: 3, inner: 5 };
        assert_eq!(offsets_and_timestamps(&bytes), Err(error));
    }

    #[test]
    fn a_last_message_that_is_cut_does_not_count() {
        let [first, second] = inner();
        let cut = second[..second.len() - 1].to_vec();
        let bytes = wrapper(40, Codec::Gzip.id(), &[first, cut]);
        assert_eq!(offsets_and_timestamps(&bytes), Ok(vec![(40, 100)]));
    }

    #[test]
    fn defects_of_wrappers() {
        let check = |bytes: Vec<u8>, reason| {
            assert_eq!(offsets_and_timestamps(&bytes), Err(RecordsError::LegacyWrapper(reason)));
        };
        check(wrapper(1, Codec::Gzip.id(), &[]), "it holds no messages");
        check(message(1, Codec::Gzip.id(), 0, None), "its value is null");
        check(message(1, Codec::Zstd.id(), 0, Some(b"")), "zstd came after its format");
        let mut cut = wrapper(1, Codec::Gzip.id(), &inner());
        cut[30] = 0x7f;
        check(cut, "its value is cut off");
    }

    #[test]
    fn defects_of_inner_messages() {
        let check = |inner: &[Vec<u8>], index, cause| {
            let bytes = wrapper(40, Codec::Gzip.id(), inner);
            assert_eq!(
                offsets_and_timestamps(&bytes),
                Err(RecordsError::Record(InvalidRecord { index, cause }))
            );
        };
        let [first, second] = inner();
        let nested = message(1, Codec::Gzip.id(), 101, Some(b""));
        check(&[first.clone(), nested], 1, RecordDefect::NestedCompression);
        let mut current = second.clone();
        current.resize(80, 0);
        current[11] = 68;
        current[16] = 2;
        let cause = RecordDefect::LegacyFraming(BatchError::UnknownMagic(2));
        check(&[first.clone(), current], 1, cause);
        let mut lying = second;
        lying[8..12].copy_from_slice(&3i32.to_be_bytes());
        let cause = RecordDefect::LegacyFraming(BatchError::LengthTooSmall { length: 3, minimum: 14 });
        check(&[first.clone(), lying], 1, cause);
        let mut long_key = first;
        long_key[26..30].copy_from_slice(&99i32.to_be_bytes());
        check(&[long_key], 0, RecordDefect::Truncated(Field::Key));
    }
}
