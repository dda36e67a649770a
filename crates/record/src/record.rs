//! One record, read without copying.

use crate::error::{Field, RecordDefect};
use crate::header::{BatchHeader, NO_SEQUENCE};
use crate::ids::{Offset, Timestamp};
use crate::sequence::increment_sequence;
use crate::varint::{Bytes, Cursor};

/// A record of a batch of any format. Its bytes are those of the batch, or of the buffer the batch was
/// decompressed into.
///
/// Layout with magic 2: size varint; then, counted by the size: attributes i8; timestamp delta varlong;
/// offset delta varint; key and value, each behind its length as varint (negative: null); header count
/// varint; headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its place in the partition.
    pub offset: Offset,
    /// Its own, or the append time if the batch says so.
    pub timestamp: Timestamp,
    /// Its producer's count, -1 if there is none.
    pub sequence: i32,
    /// Unused by Kafka, 0 when written.
    pub attributes: i8,
    /// Bytes it takes in the batch before compression, its size field included.
    pub size_in_bytes: usize,
    /// `None` is null.
    pub key: Option<&'a [u8]>,
    /// `None` is null: a tombstone on a compacted topic.
    pub value: Option<&'a [u8]>,
    /// In their order; one key may come more than once.
    pub headers: Headers<'a>,
}

/// What a record takes from its batch's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordBase {
    offset: Offset,
    timestamp: Timestamp,
    log_append_time: Option<Timestamp>,
    sequence: i32,
}

impl RecordBase {
    pub(crate) const fn of(header: &BatchHeader) -> Self {
        Self {
            offset: header.base_offset,
            timestamp: header.base_timestamp,
            log_append_time: header.log_append_time(),
            sequence: header.base_sequence,
        }
    }

    /// Sums wrap, as in Kafka: what they may be is for the one who appends to check.
    pub(crate) const fn timestamp(&self, delta: i64) -> Timestamp {
        match self.log_append_time {
            Some(time) => time,
            None => Timestamp(self.timestamp.0.wrapping_add(delta)),
        }
    }

    pub(crate) const fn offset(&self, delta: i32) -> Offset {
        Offset(self.offset.0.wrapping_add(delta as i64))
    }

    pub(crate) const fn sequence(&self, offset_delta: i32) -> i32 {
        if self.sequence < 0 { NO_SEQUENCE } else { increment_sequence(self.sequence, offset_delta) }
    }
}

impl<'a> Record<'a> {
    /// Reads the record at the cursor by Kafka's rules: the fields fill the size exactly, header keys are not
    /// null.
    #[inline]
    pub(crate) fn read(cursor: &mut Cursor<'a>, base: &RecordBase) -> Result<Self, RecordDefect> {
        let start = cursor.position();
        let (declared, size) = read_size(cursor)?;
        let body_start = cursor.position();
        let mut body = Cursor::new(cursor.take(size, Field::Size)?);
        let attributes = body.byte(Field::Attributes)? as i8;
        let timestamp_delta = body.varlong(Field::TimestampDelta)?;
        let offset_delta = body.varint(Field::OffsetDelta)?;
        let key = body.nullable_bytes(Field::Key)?;
        let value = body.nullable_bytes(Field::Value)?;
        let headers = Headers::read(&mut body)?;
        if body.left() != 0 {
            return Err(RecordDefect::SizeMismatch { declared, read: body.position() });
        }
        Ok(Self {
            offset: base.offset(offset_delta),
            timestamp: base.timestamp(timestamp_delta),
            sequence: base.sequence(offset_delta),
            attributes,
            size_in_bytes: body_start - start + size,
            key,
            value,
            headers,
        })
    }
}

/// The size of the record at the cursor, as declared and as what is left allows.
#[inline(always)]
fn read_size(cursor: &mut Cursor<'_>) -> Result<(i32, usize), RecordDefect> {
    let declared = cursor.varint(Field::Size)?;
    match usize::try_from(declared) {
        Ok(size) if size <= cursor.left() => Ok((declared, size)),
        _ => Err(RecordDefect::SizeBeyondBatch { declared, left: cursor.left() }),
    }
}

/// The headers of a record, checked and still encoded: to walk them costs no allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Headers<'a> {
    count: usize,
    bytes: &'a [u8],
}

impl<'a> Headers<'a> {
    #[inline(always)]
    fn read(body: &mut Cursor<'a>) -> Result<Self, RecordDefect> {
        match body.varint(Field::HeaderCount)? {
            0 => Ok(Self::default()),
            count => Self::read_some(body, count),
        }
    }

    fn read_some(body: &mut Cursor<'a>, declared: i32) -> Result<Self, RecordDefect> {
        let count = usize::try_from(declared).map_err(|_| RecordDefect::NegativeHeaderCount(declared))?;
        if count > body.left() {
            return Err(RecordDefect::HeaderCount { count: declared, left: body.left() });
        }
        let start = body.position();
        for _ in 0..count {
            Header::read(body)?;
        }
        Ok(Self { count, bytes: body.since(start) })
    }

    /// Number of headers.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The headers in their order.
    pub const fn iter(&self) -> HeadersIter<'a> {
        HeadersIter { left: self.count, cursor: Cursor::new(self.bytes) }
    }

    /// The headers as the record holds them, without their count.
    pub(crate) const fn encoded(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> IntoIterator for Headers<'a> {
    type Item = Header<'a>;
    type IntoIter = HeadersIter<'a>;

    fn into_iter(self) -> HeadersIter<'a> {
        self.iter()
    }
}

/// Iterator over the headers of a record.
#[derive(Clone, Debug)]
pub struct HeadersIter<'a> {
    left: usize,
    cursor: Cursor<'a>,
}

impl<'a> Iterator for HeadersIter<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        self.left = self.left.checked_sub(1)?;
        let header = Header::read(&mut self.cursor);
        Some(header.expect("headers were checked when their record was read"))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for HeadersIter<'_> {}

/// One header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// UTF-8 by contract, which nobody checks on the way: Java reads what is not as U+FFFD.
    pub key: &'a [u8],
    /// `None` is null.
    pub value: Option<&'a [u8]>,
}

impl<'a> Header<'a> {
    #[inline]
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, RecordDefect> {
        let declared = cursor.varint(Field::HeaderKey)?;
        let size = usize::try_from(declared).map_err(|_| RecordDefect::NullHeaderKey(declared))?;
        let key = cursor.take(size, Field::HeaderKey)?;
        Ok(Self { key, value: cursor.nullable_bytes(Field::HeaderValue)? })
    }
}
