//! Why a batch cannot be built.

use thiserror::Error;

use crate::compression::CompressError;
use crate::ids::{Offset, Timestamp};

/// Why a record cannot be appended to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AppendError {
    /// Offsets must rise.
    #[error("offset {offset} is not above {last}, that of the record before")]
    OffsetNotAbove {
        /// The record's.
        offset: Offset,
        /// That of the record before.
        last: Offset,
    },
    /// Offsets are kept as distances of 31 bits.
    #[error("offset {offset} is not within 2147483647 above the base offset {base}")]
    OffsetOutOfReach {
        /// The record's.
        offset: Offset,
        /// The batch's.
        base: Offset,
    },
    /// Timestamps are -1 or count from the epoch.
    #[error("timestamp {0} is negative and not -1")]
    NegativeTimestamp(Timestamp),
    /// A batch's length has 31 bits.
    #[error("the batch would have {size} bytes before compression, {MAX_SIZE} are the most")]
    TooLarge {
        /// What it would have.
        size: usize,
    },
}

/// Why a batch cannot be built from its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BuildError {
    /// A transaction is its producer's.
    #[error("a transactional batch needs a producer id")]
    TransactionWithoutProducer,
    /// A producer has an epoch.
    #[error("a batch with a producer id needs a producer epoch")]
    NoProducerEpoch,
    /// A producer's records are counted.
    #[error("a batch with a producer id needs a sequence, {0} is none")]
    NegativeSequence(i32),
    /// The codec failed.
    #[error(transparent)]
    Compress(#[from] CompressError),
    /// A batch's length has 31 bits, and compression made it longer.
    #[error("the batch has {size} bytes, {MAX_SIZE} are the most")]
    TooLarge {
        /// What it has.
        size: usize,
    },
}

/// Most bytes of a batch.
pub(super) const MAX_SIZE: usize = i32::MAX as usize;
