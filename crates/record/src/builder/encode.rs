//! Writing one record.

use crate::ids::Timestamp;
use crate::record::{Header, Headers, Record};
use crate::varint::{put_varint, varint_size};

/// A record to be appended; the batch gives it offset and sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct NewRecord<'a> {
    /// Its own time; -1 is none.
    pub timestamp: Timestamp,
    /// `None` is null.
    pub key: Option<&'a [u8]>,
    /// `None` is null.
    pub value: Option<&'a [u8]>,
    /// In this order, duplicates and all.
    pub headers: &'a [Header<'a>],
}

impl<'a> NewRecord<'a> {
    pub(crate) const fn fields(&self) -> Fields<'a> {
        Fields { key: self.key, value: self.value, headers: HeaderSource::List(self.headers) }
    }
}

/// What a record holds apart from its place in the batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) headers: HeaderSource<'a>,
}

/// Headers of a new record, or those of another one, which are copied as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HeaderSource<'a> {
    List(&'a [Header<'a>]),
    Encoded(Headers<'a>),
}

impl<'a> From<&Record<'a>> for Fields<'a> {
    fn from(record: &Record<'a>) -> Self {
        Self { key: record.key, value: record.value, headers: HeaderSource::Encoded(record.headers) }
    }
}

impl HeaderSource<'_> {
    const fn count(&self) -> usize {
        match self {
            Self::List(headers) => headers.len(),
            Self::Encoded(headers) => headers.len(),
        }
    }

    fn size(&self) -> usize {
        let each = match self {
            Self::List(headers) => {
                headers.iter().map(|h| bytes_size(Some(h.key)) + bytes_size(h.value)).sum()
            }
            Self::Encoded(headers) => headers.encoded().len(),
        };
        varint_size(self.count() as i64) + each
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.count() as i64);
        match self {
            Self::Encoded(headers) => out.extend_from_slice(headers.encoded()),
            Self::List(headers) => {
                for header in *headers {
                    put_bytes(out, Some(header.key));
                    put_bytes(out, header.value);
                }
            }
        }
    }
}

/// Where a record stands in its batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deltas {
    pub(crate) offset: i32,
    pub(crate) timestamp: i64,
}

impl Fields<'_> {
    fn body_size(&self, deltas: Deltas) -> usize {
        let attributes = 1;
        let deltas = varint_size(deltas.timestamp) + varint_size(i64::from(deltas.offset));
        attributes + deltas + bytes_size(self.key) + bytes_size(self.value) + self.headers.size()
    }

    /// Bytes of the record, its size field included.
    pub(crate) fn size(&self, deltas: Deltas) -> usize {
        let body = self.body_size(deltas);
        varint_size(body as i64) + body
    }

    pub(crate) fn put(&self, deltas: Deltas, out: &mut Vec<u8>) {
        put_varint(out, self.body_size(deltas) as i64);
        out.push(0);
        put_varint(out, deltas.timestamp);
        put_varint(out, i64::from(deltas.offset));
        put_bytes(out, self.key);
        put_bytes(out, self.value);
        self.headers.put(out);
    }
}

fn bytes_size(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(varint_size(-1), |bytes| varint_size(bytes.len() as i64) + bytes.len())
}

fn put_bytes(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => put_varint(out, -1),
        Some(bytes) => {
            put_varint(out, bytes.len() as i64);
            out.extend_from_slice(bytes);
        }
    }
}
