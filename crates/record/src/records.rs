//! The records of a batch, one after the other.

use crate::error::{InvalidRecord, RecordDefect, RecordsError};
use crate::header::BatchHeader;
use crate::legacy::LegacyRecords;
use crate::record::{Record, RecordBase};
use crate::varint::Cursor;

/// Iterator over the records of a batch; see [`Batch::records`](crate::Batch::records).
///
/// Ends after the first error. Reading it to its end without one proves what Kafka proves of a batch: that
/// the header's count is right, each record's size exact, and that nothing follows the last.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    inner: Inner<'a>,
    index: usize,
}

#[derive(Clone, Debug)]
enum Inner<'a> {
    Current { cursor: Cursor<'a>, base: RecordBase, left: usize },
    Legacy(LegacyRecords<'a>),
}

impl<'a> Records<'a> {
    /// Reads `bytes`, the decompressed records of a batch of magic 2.
    pub(crate) fn current(header: &BatchHeader, bytes: &'a [u8]) -> Result<Self, RecordsError> {
        let count = header.records_count;
        let left = usize::try_from(count).map_err(|_| RecordsError::NegativeCount(count))?;
        let inner = Inner::Current { cursor: Cursor::new(bytes), base: RecordBase::of(header), left };
        Ok(Self { inner, index: 0 })
    }

    pub(crate) const fn legacy(records: LegacyRecords<'a>) -> Self {
        Self { inner: Inner::Legacy(records), index: 0 }
    }

    #[inline]
    fn next_record(&mut self) -> Option<Result<Record<'a>, RecordDefect>> {
        match &mut self.inner {
            Inner::Legacy(records) => records.next(),
            Inner::Current { cursor, base, left } => {
                *left = left.checked_sub(1)?;
                let record = Record::read(cursor, base);
                if *left == 0 && cursor.left() != 0 && record.is_ok() {
                    return Some(Err(RecordDefect::TrailingBytes(cursor.left())));
                }
                Some(record)
            }
        }
    }

    fn end(&mut self) {
        match &mut self.inner {
            Inner::Legacy(records) => records.end(),
            Inner::Current { left, .. } => *left = 0,
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, InvalidRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.index;
        match self.next_record()? {
            Ok(record) => {
                self.index += 1;
                Some(Ok(record))
            }
            Err(cause) => {
                self.end();
                Some(Err(InvalidRecord { index, cause }))
            }
        }
    }
}
