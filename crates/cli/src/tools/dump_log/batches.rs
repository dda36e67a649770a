//! The batches of a log file, one after the other, with Kafka's tolerance for garbage.
//!
//! Kafka takes any magic from 2 on for a batch of today's format, and a batch whose length is too small for a header has the
//! bytes behind it for one. Both show in the output, so both are done here, where `ottla_record` would refuse.

use std::borrow::Cow;

use anyhow::{Context, bail};
use ottla_record::{
    BatchHeader, HEADER_SIZE, LOG_OVERHEAD, Magic, PREFIX_SIZE, TimestampType, crc32, crc32c,
};

use super::window::{OpenFile, Window};

/// Length of a legacy message, without offset and length, below which nothing is read.
const LENGTH_MIN: i32 = 14;
const MAGIC_AT: usize = 16;
const LENGTH_AT: usize = 8;
const CRC_COVERS_FROM: usize = 21;
const LEGACY_CRC_COVERS_FROM: usize = MAGIC_AT;
/// Header of a legacy message of magic 0 and 1, up to its key.
const LEGACY_HEADER_SIZES: [usize; 2] = [18, 26];

/// Where a batch stands and what its first bytes say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) position: u64,
    pub(super) offset: i64,
    pub(super) size: usize,
    pub(super) magic: i8,
}

impl Frame {
    pub(super) const fn is_current(&self) -> bool {
        self.magic >= Magic::V2 as i8
    }
}

/// Reads the batches between two positions of a file.
#[derive(Debug)]
pub(super) struct BatchReader {
    window: Window,
    position: u64,
    end: u64,
}

impl BatchReader {
    /// Those of at most `bytes_max` bytes from `position` on.
    pub(super) fn new(mut window: Window, position: i32, bytes_max: i32) -> anyhow::Result<Self> {
        let (position, end) = slice(window.file(), position, bytes_max)?;
        // Looked at once, so that an unreadable file is told before anything is printed of it.
        window.bytes(position, 0)?;
        Ok(Self { window, position, end })
    }

    /// Goes on with those of at most `bytes_max` bytes from `position` on.
    pub(super) fn seek(&mut self, position: i32, bytes_max: i32) -> anyhow::Result<()> {
        (self.position, self.end) = slice(self.window.file(), position, bytes_max)?;
        Ok(())
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Where the part of the file ends that is read.
    pub(super) const fn end(&self) -> u64 {
        self.end
    }

    /// The next batch that is whole; `None` at the end or where one is cut off.
    pub(super) fn next_frame(&mut self) -> anyhow::Result<Option<Frame>> {
        let position = self.position;
        let left = self.end - position;
        if left <= PREFIX_SIZE as u64 {
            return Ok(None);
        }
        let prefix: [u8; PREFIX_SIZE] = self.window.array(position)?;
        let (offset, rest) = prefix.split_first_chunk().expect("the prefix begins with it");
        let (length, _) = rest.split_first_chunk().expect("the prefix holds it");
        let length = i32::from_be_bytes(*length);
        if length < LENGTH_MIN {
            bail!(
                "{} is corrupt at position {position}: batch length {length} is below {LENGTH_MIN}",
                self.window.file().name
            );
        }
        let size = LOG_OVERHEAD + length as usize;
        if size as u64 > left {
            return Ok(None);
        }
        self.position += size as u64;
        Ok(Some(Frame { position, offset: i64::from_be_bytes(*offset), size, magic: prefix[MAGIC_AT] as i8 }))
    }

    /// The header of a batch. Its length and magic are not the batch's own where these are impossible.
    pub(super) fn header(&mut self, frame: &Frame) -> anyhow::Result<BatchHeader> {
        let size = match frame.magic {
            2.. => HEADER_SIZE,
            0 | 1 => LEGACY_HEADER_SIZES[frame.magic as usize],
            magic => bail!(self.corrupt(frame, &format!("magic {magic} is unknown"))),
        };
        let bytes = self.window.bytes(frame.position, size)?;
        let mut header = [0; HEADER_SIZE];
        header[..size].copy_from_slice(bytes);
        make_possible(&mut header, frame);
        BatchHeader::parse(&header[..size]).with_context(|| self.corrupt(frame, "its header is unreadable"))
    }

    /// All bytes of a batch.
    pub(super) fn bytes(&mut self, frame: &Frame) -> anyhow::Result<&[u8]> {
        self.window.bytes(frame.position, frame.size)
    }

    /// Offset of the batch's last record.
    pub(super) fn last_offset(&mut self, frame: &Frame) -> anyhow::Result<i64> {
        if frame.is_current() { Ok(self.header(frame)?.last_offset().0) } else { Ok(frame.offset) }
    }

    pub(super) fn corrupt(&self, frame: &Frame, what: &str) -> String {
        format!("{} is corrupt at position {}: {what}", self.window.file().name, frame.position)
    }
}

/// Where a slice of the file begins and ends, as Kafka counts.
fn slice(file: &OpenFile, position: i32, bytes_max: i32) -> anyhow::Result<(u64, u64)> {
    let (Ok(start), Ok(size)) = (u64::try_from(position), u64::try_from(bytes_max)) else {
        bail!("cannot read {bytes_max} bytes at position {position} of {}", file.name);
    };
    if start > file.len {
        bail!("{} has {} bytes, position {position} is behind its end", file.name, file.len);
    }
    Ok((start, file.len.min(start.saturating_add(size))))
}

/// Sets magic and length to what they would be in a batch that the header's parser takes.
fn make_possible(bytes: &mut [u8], frame: &Frame) {
    let magic = frame.magic.min(Magic::V2 as i8);
    bytes[MAGIC_AT] = magic as u8;
    let minimum = Magic::from_byte(magic).map_or(HEADER_SIZE, Magic::overhead);
    if frame.size < minimum {
        let length = (minimum - LOG_OVERHEAD) as u32;
        bytes[LENGTH_AT..LENGTH_AT + 4].copy_from_slice(&length.to_be_bytes());
    }
}

/// The batch with a magic that its parser takes.
pub(super) fn parseable<'a>(frame: &Frame, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let magic = match frame.magic {
        0..=2 => return Cow::Borrowed(bytes),
        3.. => Magic::V2,
        _ => Magic::V1,
    };
    let mut bytes = bytes.to_vec();
    bytes[MAGIC_AT] = magic as u8;
    Cow::Owned(bytes)
}

/// Whether the checksum of the batch in `bytes` is right.
pub(super) fn is_valid(frame: &Frame, bytes: &[u8], stored_crc: u32) -> bool {
    if frame.is_current() {
        frame.size >= HEADER_SIZE && crc32c(&bytes[CRC_COVERS_FROM..]) == stored_crc
    } else {
        crc32(&bytes[LEGACY_CRC_COVERS_FROM..]) == stored_crc
    }
}

/// The name of what the batch's timestamps are; the oldest format has none.
pub(super) const fn timestamp_type(frame: &Frame, header: &BatchHeader) -> &'static str {
    match (frame.magic, header.timestamp_type()) {
        (0, _) => "NoTimestampType",
        (_, TimestampType::CreateTime) => "CreateTime",
        (_, TimestampType::LogAppendTime) => "LogAppendTime",
    }
}
