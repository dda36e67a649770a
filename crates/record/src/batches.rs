//! The batches in a run of bytes, such as a segment's or a request's.

use thiserror::Error;

use crate::batch::Batch;
use crate::error::BatchError;
use crate::header::BatchPrefix;
use crate::patch::BatchMut;

/// Iterator over the batches in borrowed bytes.
///
/// `None` is a clean end: the last byte was the last of a batch. If what is left is no whole batch, the last item
/// is an error that says where and why; [`BatchesError::is_truncated`] tells a batch cut off, which Kafka
/// takes for an end too, from garbage.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    bytes: &'a [u8],
    position: usize,
    failed: bool,
}

impl<'a> Batches<'a> {
    /// The batches from the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, failed: false }
    }

    /// Where the next batch begins: the number of bytes in whole batches so far.
    pub const fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<Batch<'a>, BatchesError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.bytes[self.position..];
        if rest.is_empty() || self.failed {
            return None;
        }
        match Batch::parse(rest) {
            Ok(batch) => {
                self.position += batch.size_in_bytes();
                Some(Ok(batch))
            }
            Err(cause) => {
                self.failed = true;
                Some(Err(BatchesError { position: self.position, cause }))
            }
        }
    }
}

/// Iterator over batches to be patched in place, otherwise like [`Batches`]. Legacy messages end it with an
/// error, as nobody may append them.
#[derive(Debug)]
pub struct BatchesMut<'a> {
    bytes: &'a mut [u8],
    position: usize,
}

impl<'a> BatchesMut<'a> {
    /// The batches from the start of `bytes`.
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, position: 0 }
    }
}

impl<'a> Iterator for BatchesMut<'a> {
    type Item = Result<BatchMut<'a>, BatchesError>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.is_empty() {
            return None;
        }
        let position = self.position;
        let size = match BatchPrefix::parse(bytes) {
            Ok(prefix) => prefix.size_in_bytes.min(bytes.len()),
            Err(cause) => return Some(Err(BatchesError { position, cause })),
        };
        let (batch, rest) = bytes.split_at_mut(size);
        match BatchMut::parse(batch) {
            Ok(batch) => {
                self.bytes = rest;
                self.position += size;
                Some(Ok(batch))
            }
            Err(cause) => Some(Err(BatchesError { position, cause })),
        }
    }
}

/// The bytes from `position` on are not a whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("at byte {position}: {cause}")]
pub struct BatchesError {
    /// Where the batch should begin.
    pub position: usize,
    /// What is wrong with it.
    pub cause: BatchError,
}

impl BatchesError {
    /// Whether the bytes end within a batch, and are not merely garbage.
    pub const fn is_truncated(&self) -> bool {
        self.cause.is_truncated()
    }
}
