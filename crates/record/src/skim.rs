//! The records of a batch without their keys and values, in bounded memory.

use std::fmt;

use crate::compression::Chunks;
use crate::error::{Field, InvalidRecord, RecordDefect, RecordsError};
use crate::header::BatchHeader;
use crate::ids::{Offset, Timestamp};
use crate::record::{Record, RecordBase};
use crate::records::Records;
use crate::varint::{Bytes, Cursor};

/// What a leader needs to know of a record before it accepts its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSummary {
    /// Its place in the partition.
    pub offset: Offset,
    /// Its own time, or the append time if the batch says so.
    pub timestamp: Timestamp,
    /// Its producer's count, -1 if there is none.
    pub sequence: i32,
    /// Unused by Kafka with magic 2; those of the message with the older formats.
    pub attributes: i8,
    /// Bytes it takes in the batch before compression, its size field included.
    pub size_in_bytes: usize,
    /// Bytes of its key, `None` if null.
    pub key_size: Option<usize>,
    /// Bytes of its value, `None` if null.
    pub value_size: Option<usize>,
}

impl From<&Record<'_>> for RecordSummary {
    fn from(record: &Record<'_>) -> Self {
        Self {
            offset: record.offset,
            timestamp: record.timestamp,
            sequence: record.sequence,
            attributes: record.attributes,
            size_in_bytes: record.size_in_bytes,
            key_size: record.key.map(<[u8]>::len),
            value_size: record.value.map(<[u8]>::len),
        }
    }
}

/// Iterator over summaries of a batch's records; see [`Batch::skim`](crate::Batch::skim). Ends after the
/// first error.
pub struct Skim<'a> {
    inner: Inner<'a>,
}

enum Inner<'a> {
    InPlace(Walk<Cursor<'a>>),
    Chunked(Walk<ChunkedBytes<'a>>),
    Legacy(Records<'a>),
}

impl<'a> Skim<'a> {
    pub(crate) fn in_place(header: &BatchHeader, records: &'a [u8]) -> Result<Self, RecordsError> {
        Ok(Self { inner: Inner::InPlace(Walk::new(header, Cursor::new(records))?) })
    }

    pub(crate) fn chunked(header: &BatchHeader, chunks: Chunks<'a>) -> Result<Self, RecordsError> {
        let source = ChunkedBytes { chunks, at: 0, end: 0, before: 0 };
        Ok(Self { inner: Inner::Chunked(Walk::new(header, source)?) })
    }

    pub(crate) const fn legacy(records: Records<'a>) -> Self {
        Self { inner: Inner::Legacy(records) }
    }
}

impl fmt::Debug for Skim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Skim").finish_non_exhaustive()
    }
}

impl Iterator for Skim<'_> {
    type Item = Result<RecordSummary, RecordsError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.inner {
            Inner::InPlace(walk) => walk.next(),
            Inner::Chunked(walk) => walk.next(),
            Inner::Legacy(records) => Some(match records.next()? {
                Ok(record) => Ok(RecordSummary::from(&record)),
                Err(error) => Err(RecordsError::Record(error)),
            }),
        }
    }
}

/// A defect is the record's, an error the stream's.
enum Problem {
    Defect(RecordDefect),
    Error(RecordsError),
}

impl From<RecordDefect> for Problem {
    fn from(defect: RecordDefect) -> Self {
        Self::Defect(defect)
    }
}

/// Bytes that know where the batch ends.
trait Ending: Bytes<Error: Into<Problem>> {
    /// Bytes that follow the last record; none should.
    fn trailing(&mut self) -> Result<usize, Problem>;
}

impl Ending for Cursor<'_> {
    fn trailing(&mut self) -> Result<usize, Problem> {
        Ok(self.left())
    }
}

struct Walk<S> {
    source: S,
    base: RecordBase,
    index: usize,
    left: usize,
}

impl<S: Ending> Walk<S> {
    fn new(header: &BatchHeader, source: S) -> Result<Self, RecordsError> {
        let count = header.records_count;
        let left = usize::try_from(count).map_err(|_| RecordsError::NegativeCount(count))?;
        Ok(Self { source, base: RecordBase::of(header), index: 0, left })
    }

    #[inline]
    fn next(&mut self) -> Option<Result<RecordSummary, RecordsError>> {
        self.left = self.left.checked_sub(1)?;
        let result = match read_summary(&mut self.source, &self.base) {
            Ok(summary) if self.left > 0 => Ok(summary),
            Ok(summary) => self.check_end().map(|()| summary),
            Err(problem) => Err(problem.into()),
        };
        match result {
            Ok(summary) => {
                self.index += 1;
                Some(Ok(summary))
            }
            Err(problem) => Some(Err(self.fail(problem))),
        }
    }

    fn check_end(&mut self) -> Result<(), Problem> {
        match self.source.trailing()? {
            0 => Ok(()),
            trailing => Err(Problem::Defect(RecordDefect::TrailingBytes(trailing))),
        }
    }

    #[cold]
    fn fail(&mut self, problem: Problem) -> RecordsError {
        self.left = 0;
        match problem {
            Problem::Defect(cause) => RecordsError::Record(InvalidRecord { index: self.index, cause }),
            Problem::Error(error) => error,
        }
    }
}

/// Reads one record by the rules that [`Record`] is read by, without keeping it.
#[inline]
fn read_summary<B: Bytes>(source: &mut B, base: &RecordBase) -> Result<RecordSummary, B::Error> {
    let start = source.position();
    let declared = source.varint(Field::Size)?;
    let body_start = source.position();
    let attributes = source.byte(Field::Attributes)? as i8;
    let timestamp_delta = source.varlong(Field::TimestampDelta)?;
    let offset_delta = source.varint(Field::OffsetDelta)?;
    let key_size = skip_nullable(source, Field::Key)?;
    let value_size = skip_nullable(source, Field::Value)?;
    match source.varint(Field::HeaderCount)? {
        0 => {}
        count => skip_headers(source, count)?,
    }
    let read = source.position() - body_start;
    if usize::try_from(declared) != Ok(read) {
        return Err(RecordDefect::SizeMismatch { declared, read }.into());
    }
    Ok(RecordSummary {
        offset: base.offset(offset_delta),
        timestamp: base.timestamp(timestamp_delta),
        sequence: base.sequence(offset_delta),
        attributes,
        size_in_bytes: source.position() - start,
        key_size,
        value_size,
    })
}

#[inline(always)]
fn skip_nullable<B: Bytes>(source: &mut B, field: Field) -> Result<Option<usize>, B::Error> {
    let Ok(size) = usize::try_from(source.varint(field)?) else {
        return Ok(None);
    };
    source.skip(size, field)?;
    Ok(Some(size))
}

fn skip_headers<B: Bytes>(source: &mut B, count: i32) -> Result<(), B::Error> {
    if count < 0 {
        return Err(RecordDefect::NegativeHeaderCount(count).into());
    }
    for _ in 0..count {
        let declared = source.varint(Field::HeaderKey)?;
        let size = usize::try_from(declared).map_err(|_| RecordDefect::NullHeaderKey(declared))?;
        source.skip(size, Field::HeaderKey)?;
        skip_nullable(source, Field::HeaderValue)?;
    }
    Ok(())
}

/// Bytes that come in chunks.
struct ChunkedBytes<'a> {
    chunks: Chunks<'a>,
    at: usize,
    end: usize,
    /// Bytes of the chunks before this one.
    before: usize,
}

impl Bytes for ChunkedBytes<'_> {
    type Error = Problem;

    #[inline(always)]
    fn position(&self) -> usize {
        self.before + self.at
    }

    #[inline(always)]
    fn byte(&mut self, field: Field) -> Result<u8, Problem> {
        if self.at == self.end {
            self.next_chunk(field)?;
        }
        let byte = self.chunks.bytes()[self.at];
        self.at += 1;
        Ok(byte)
    }

    #[inline(always)]
    fn skip(&mut self, size: usize, field: Field) -> Result<(), Problem> {
        if size <= self.end - self.at {
            self.at += size;
            return Ok(());
        }
        self.skip_chunks(size, field)
    }
}

impl ChunkedBytes<'_> {
    #[cold]
    fn next_chunk(&mut self, field: Field) -> Result<(), Problem> {
        let size = self.chunks.advance().map_err(|error| Problem::Error(error.into()))?;
        let size = size.ok_or(RecordDefect::Truncated(field))?;
        self.before += self.end;
        (self.at, self.end) = (0, size);
        Ok(())
    }

    #[cold]
    fn skip_chunks(&mut self, mut size: usize, field: Field) -> Result<(), Problem> {
        while size > self.end - self.at {
            size -= self.end - self.at;
            self.at = self.end;
            self.next_chunk(field)?;
        }
        self.at += size;
        Ok(())
    }
}

impl Ending for ChunkedBytes<'_> {
    /// The stream must also end well.
    fn trailing(&mut self) -> Result<usize, Problem> {
        if self.at < self.end {
            return Ok(self.end - self.at);
        }
        let next = self.chunks.advance().map_err(|error| Problem::Error(error.into()))?;
        Ok(next.unwrap_or(0))
    }
}
