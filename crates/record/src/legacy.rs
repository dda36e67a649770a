//! Messages of the magics 0 and 1, which old segments still hold. They are read and never written.
//!
//! A compressed message is a wrapper: its value is a run of messages. With magic 0 these have absolute offsets, with
//! magic 1 relative ones, and the wrapper has the offset of the last (KIP-31) and a timestamp that, if the leader set it, is
//! theirs too (KIP-32).

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

/// Offset to which the relative ones are added. Some clients of old left the wrapper's at 0, which then counts as the base.
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
