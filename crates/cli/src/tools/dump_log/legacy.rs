//! Messages of the magics 0 and 1, which old segments still hold, as Kafka's tool sees them.
//!
//! `ottla_record` reads them too, but only what is sound; here lengths are printed as they stand and each message, also one within a
//! compressed one, with its own checksum.

use anyhow::{Context, bail, ensure};
use ottla_record::{
    Attributes, Codec, Decompressor, Headers, LOG_OVERHEAD, NO_SEQUENCE, Offset, Record, Timestamp,
};
use ottla_record::{BatchHeader, crc32};

use super::batches::Frame;

/// Least size of a message without offset and length.
const SIZE_MIN: i32 = 14;
/// Where fields stand in a message, counted behind offset and length.
const MAGIC_AT: usize = 4;
const ATTRIBUTES_AT: usize = 5;
const TIMESTAMP_AT: usize = 6;
const V0_KEY_SIZE_AT: usize = 6;
const V1_KEY_SIZE_AT: usize = 14;

/// A message, perhaps one of those in a compressed one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    offset: i64,
    /// All but offset and length.
    bytes: &'a [u8],
    /// The timestamp that the leader gave to all messages in a compressed one.
    log_append_time: Option<Timestamp>,
}

impl<'a> Message<'a> {
    /// The parts of the message as those of a record. Fails where Kafka would look behind the message's end.
    pub(super) fn record(&self) -> anyhow::Result<Record<'a>> {
        Ok(Record {
            offset: Offset(self.offset),
            timestamp: self.timestamp()?,
            sequence: NO_SEQUENCE,
            attributes: 0,
            size_in_bytes: self.bytes.len() + LOG_OVERHEAD,
            key: self.sized(self.key_size_at())?,
            value: self.value()?,
            headers: Headers::default(),
        })
    }

    pub(super) const fn offset(&self) -> i64 {
        self.offset
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.attributes().is_some_and(Attributes::is_compressed)
    }

    pub(super) fn timestamp(&self) -> anyhow::Result<Timestamp> {
        if self.magic() == Some(0) {
            return Ok(Timestamp::NONE);
        }
        let stored = || self.bytes.get(TIMESTAMP_AT..)?.first_chunk();
        match (self.log_append_time, stored()) {
            (Some(time), _) => Ok(time),
            (None, Some(bytes)) => Ok(Timestamp(i64::from_be_bytes(*bytes))),
            (None, None) => bail!(self.cut_off()),
        }
    }

    /// Length of the key as it stands there.
    pub(super) fn key_size(&self) -> anyhow::Result<i32> {
        self.number(self.key_size_at())
    }

    /// Length of the value as it stands there.
    pub(super) fn value_size(&self) -> anyhow::Result<i32> {
        self.number(self.value_size_at()?)
    }

    pub(super) fn stored_crc(&self) -> u32 {
        self.number(0).unwrap_or(0) as u32
    }

    pub(super) fn is_valid(&self) -> bool {
        self.bytes.get(MAGIC_AT..).is_some_and(|covered| crc32(covered) == self.stored_crc())
    }

    fn magic(&self) -> Option<i8> {
        self.bytes.get(MAGIC_AT).map(|byte| *byte as i8)
    }

    fn attributes(&self) -> Option<Attributes> {
        self.bytes.get(ATTRIBUTES_AT).map(|byte| Attributes(i16::from(*byte)))
    }

    fn key_size_at(&self) -> usize {
        if self.magic() == Some(0) { V0_KEY_SIZE_AT } else { V1_KEY_SIZE_AT }
    }

    fn value_size_at(&self) -> anyhow::Result<usize> {
        let key_size = usize::try_from(self.key_size()?).unwrap_or(0);
        Ok(self.key_size_at() + size_of::<i32>() + key_size)
    }

    fn value(&self) -> anyhow::Result<Option<&'a [u8]>> {
        self.sized(self.value_size_at()?)
    }

    fn sized(&self, at: usize) -> anyhow::Result<Option<&'a [u8]>> {
        let Ok(size) = usize::try_from(self.number(at)?) else { return Ok(None) };
        let start = at + size_of::<i32>();
        let bytes = self.bytes.get(start..).and_then(|bytes| bytes.get(..size));
        bytes.map(Some).with_context(|| self.cut_off())
    }

    fn number(&self, at: usize) -> anyhow::Result<i32> {
        let bytes = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        bytes.map(|bytes| i32::from_be_bytes(*bytes)).with_context(|| self.cut_off())
    }

    fn cut_off(&self) -> String {
        format!("the message at offset {} ends within its fields", self.offset)
    }
}

/// The message of a batch, or all those within it if it is compressed.
pub(super) fn messages<'a>(
    frame: &Frame,
    header: &BatchHeader,
    bytes: &'a [u8],
    decompressor: &'a mut Decompressor,
) -> anyhow::Result<Vec<Message<'a>>> {
    let wrapper = Message { offset: frame.offset, bytes: &bytes[LOG_OVERHEAD..], log_append_time: None };
    if !wrapper.is_compressed() {
        return Ok(vec![wrapper]);
    }
    let value = wrapper.value()?.context("a compressed message has no value")?;
    let run = match (header.attributes.codec()?, frame.magic) {
        (Codec::Zstd, _) => bail!("zstd came after the message's format"),
        (codec, 0) => decompressor.decompress_magic_0(codec, value)?,
        (codec, _) => decompressor.decompress(codec, value)?,
    };
    let mut inner = split(run)?;
    let last = inner.last().context("a compressed message holds none")?.offset;
    let base_offset = match frame.magic {
        0 => 0,
        // Some producers of old left it at 0 in the wrapper.
        _ if wrapper.offset == 0 => 0,
        _ if wrapper.offset < last => bail!("offset {} is below the last one within, {last}", wrapper.offset),
        _ => wrapper.offset.wrapping_sub(last),
    };
    for message in &mut inner {
        message.offset = message.offset.wrapping_add(base_offset);
        message.log_append_time = header.log_append_time().filter(|_| message.magic() == Some(1));
    }
    Ok(inner)
}

/// The messages one behind the other; one that is cut off counts as the end.
fn split(mut run: &[u8]) -> anyhow::Result<Vec<Message<'_>>> {
    let mut messages = Vec::new();
    while let Some((offset, rest)) = run.split_first_chunk() {
        let Some((size, rest)) = rest.split_first_chunk() else { break };
        let size = i32::from_be_bytes(*size);
        ensure!(
            size >= SIZE_MIN,
            "a message within a compressed one has {size} bytes, at least {SIZE_MIN} are needed"
        );
        let Some((bytes, rest)) = rest.split_at_checked(size as usize) else { break };
        messages.push(Message { offset: i64::from_be_bytes(*offset), bytes, log_append_time: None });
        run = rest;
    }
    Ok(messages)
}
