//! A record to send.

use ottla_record::{Header, Timestamp};

/// A record to send. Its bytes are copied into the batch, so it can borrow them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProducerRecord<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition; `None` lets the key choose, or the producer.
    pub partition: Option<i32>,
    /// Its time; `None` is now.
    pub timestamp: Option<Timestamp>,
    /// `None` is null.
    pub key: Option<&'a [u8]>,
    /// `None` is null.
    pub value: Option<&'a [u8]>,
    /// In this order, duplicates and all.
    pub headers: &'a [Header<'a>],
}

/// Most bytes that a record takes besides key, value and headers.
const RECORD_OVERHEAD: usize = 21;
/// Most bytes of a length.
const LENGTH: usize = 5;

impl<'a> ProducerRecord<'a> {
    /// A record with nothing but a value.
    pub fn value(topic: &'a str, value: &'a [u8]) -> Self {
        Self { topic, value: Some(value), ..Self::default() }
    }

    /// A record with a key and a value.
    pub fn keyed(topic: &'a str, key: &'a [u8], value: &'a [u8]) -> Self {
        Self { topic, key: Some(key), value: Some(value), ..Self::default() }
    }

    /// Most bytes that a batch takes with this record alone.
    pub(super) fn size_at_most(&self) -> usize {
        let bytes = |bytes: Option<&[u8]>| LENGTH + bytes.map_or(0, <[u8]>::len);
        let header = |header: &Header<'_>| bytes(Some(header.key)) + bytes(header.value);
        let headers: usize = self.headers.iter().map(header).sum();
        ottla_record::HEADER_SIZE + RECORD_OVERHEAD + bytes(self.key) + bytes(self.value) + LENGTH + headers
    }
}
