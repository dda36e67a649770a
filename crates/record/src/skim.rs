//! The records of a batch without their keys and values, in bounded memory.

use crate::compression::Chunks;
use crate::error::{Field, InvalidRecord, RecordDefect, RecordsError};
use crate::header::BatchHeader;
use crate::ids::{Offset, Timestamp};
use crate::record::{Record, RecordBase};
use crate::records::Records;
use crate::varint::{Bytes, varint_size};

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

/// Iterator over summaries of a batch's records; see [`Batch::skim`](crate::Batch::skim). Ends after the first error.
pub struct Skim<'a> {
    inner: Inner<'a>,
}

enum Inner<'a> {
    /// The records are at hand: no bytes need to be copied anywhere.
    InPlace(Records<'a>),
    Chunked(Chunked<'a>),
}

impl<'a> Skim<'a> {
    pub(crate) const fn in_place(records: Records<'a>) -> Self {
        Self { inner: Inner::InPlace(records) }
    }

    pub(crate) fn chunked(header: &BatchHeader, chunks: Chunks<'a>) -> Result<Self, RecordsError> {
        let count = header.records_count;
        let left = usize::try_from(count).map_err(|_| RecordsError::NegativeCount(count))?;
        let source = Source { chunks, at: 0, end: 0, taken: 0 };
        Ok(Self { inner: Inner::Chunked(Chunked { source, base: RecordBase::of(header), index: 0, left }) })
    }
}

impl Iterator for Skim<'_> {
    type Item = Result<RecordSummary, RecordsError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.inner {
            Inner::InPlace(records) => {
                let record = records.next()?;
                Some(record.map(|record| RecordSummary::from(&record)).map_err(RecordsError::Record))
            }
            Inner::Chunked(chunked) => chunked.next(),
        }
    }
}

struct Chunked<'a> {
    source: Source<'a>,
    base: RecordBase,
    index: usize,
    left: usize,
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

impl Chunked<'_> {
    fn next(&mut self) -> Option<Result<RecordSummary, RecordsError>> {
        self.left = self.left.checked_sub(1)?;
        let index = self.index;
        self.index += 1;
        let summary = self.record().and_then(|summary| {
            if self.left == 0 {
                self.source.expect_end()?;
            }
            Ok(summary)
        });
        Some(summary.map_err(|problem| {
            self.left = 0;
            match problem {
                Problem::Defect(cause) => RecordsError::Record(InvalidRecord { index, cause }),
                Problem::Error(error) => error,
            }
        }))
    }

    /// Reads one record by the rules that [`Record`] is read by, without keeping it.
    fn record(&mut self) -> Result<RecordSummary, Problem> {
        let source = &mut self.source;
        let declared = source.varint(Field::Size)?;
        let start = source.taken;
        let attributes = source.byte(Field::Attributes)? as i8;
        let timestamp_delta = source.varlong(Field::TimestampDelta)?;
        let offset_delta = source.varint(Field::OffsetDelta)?;
        let key_size = source.skip_nullable(Field::Key)?;
        let value_size = source.skip_nullable(Field::Value)?;
        source.skip_headers()?;
        let read = source.taken - start;
        if usize::try_from(declared) != Ok(read) {
            return Err(Problem::Defect(RecordDefect::SizeMismatch { declared, read }));
        }
        Ok(RecordSummary {
            offset: self.base.offset(offset_delta),
            timestamp: self.base.timestamp(timestamp_delta),
            sequence: self.base.sequence(offset_delta),
            attributes,
            size_in_bytes: varint_size(i64::from(declared)) + read,
            key_size,
            value_size,
        })
    }
}

/// Bytes that come in chunks.
struct Source<'a> {
    chunks: Chunks<'a>,
    at: usize,
    end: usize,
    /// Bytes taken of all chunks.
    taken: usize,
}

impl Bytes for Source<'_> {
    type Error = Problem;

    #[inline]
    fn byte(&mut self, field: Field) -> Result<u8, Problem> {
        if self.at == self.end {
            self.next_chunk(field)?;
        }
        let byte = self.chunks.chunk(self.end)[self.at];
        self.at += 1;
        self.taken += 1;
        Ok(byte)
    }
}

impl Source<'_> {
    #[cold]
    fn next_chunk(&mut self, field: Field) -> Result<(), Problem> {
        let size = self.chunks.advance().map_err(|error| Problem::Error(error.into()))?;
        self.end = size.ok_or(RecordDefect::Truncated(field))?;
        self.at = 0;
        Ok(())
    }

    fn skip(&mut self, mut size: usize, field: Field) -> Result<(), Problem> {
        while size > 0 {
            if self.at == self.end {
                self.next_chunk(field)?;
            }
            let skipped = size.min(self.end - self.at);
            self.at += skipped;
            self.taken += skipped;
            size -= skipped;
        }
        Ok(())
    }

    fn skip_nullable(&mut self, field: Field) -> Result<Option<usize>, Problem> {
        let Ok(size) = usize::try_from(self.varint(field)?) else {
            return Ok(None);
        };
        self.skip(size, field)?;
        Ok(Some(size))
    }

    fn skip_headers(&mut self) -> Result<(), Problem> {
        let count = self.varint(Field::HeaderCount)?;
        if count < 0 {
            return Err(Problem::Defect(RecordDefect::HeaderCount { count, left: self.end - self.at }));
        }
        for _ in 0..count {
            let declared = self.varint(Field::HeaderKey)?;
            let size = usize::try_from(declared).map_err(|_| RecordDefect::NullHeaderKey(declared))?;
            self.skip(size, Field::HeaderKey)?;
            self.skip_nullable(Field::HeaderValue)?;
        }
        Ok(())
    }

    /// After the last record the stream must end, and end well.
    fn expect_end(&mut self) -> Result<(), Problem> {
        if self.at < self.end {
            return Err(Problem::Defect(RecordDefect::TrailingBytes(self.end - self.at)));
        }
        match self.chunks.advance() {
            Ok(None) => Ok(()),
            Ok(Some(size)) => Err(Problem::Defect(RecordDefect::TrailingBytes(size))),
            Err(error) => Err(Problem::Error(error.into())),
        }
    }
}
