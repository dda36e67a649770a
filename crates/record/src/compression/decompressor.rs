//! Decompression into a buffer that is kept, up to a limit.

use std::fmt;

use thiserror::Error;

use super::codec::Codec;
use super::gzip::GzipDecoder;
use super::lz4::{self, HeaderChecksum};
use super::output::{Failure, Output};
use super::snappy::SnappyDecoder;
use super::zstandard::ZstdDecoder;

/// Decompresses records, one batch at a time, into a buffer of its own.
///
/// Buffer and codec contexts stay for the next batch, so a long-lived one (such as one per thread) allocates only while its batches still grow.
/// Memory is bounded by the limit plus the contexts.
pub struct Decompressor {
    limit: usize,
    space: Vec<u8>,
    gzip: Option<GzipDecoder>,
    snappy: SnappyDecoder,
    zstd: Option<ZstdDecoder>,
}

/// Why bytes do not decompress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecompressError {
    /// More bytes come out than are allowed, which may be a bomb.
    #[error("{codec} data expands beyond the limit of {limit} bytes")]
    TooLarge {
        /// The codec.
        codec: Codec,
        /// Most bytes that may come out.
        limit: usize,
    },
    /// The stream has no end.
    #[error("{codec} data ends early")]
    Truncated {
        /// The codec.
        codec: Codec,
    },
    /// The stream breaks the rules of its format.
    #[error("{codec} data is corrupt: {reason}")]
    Corrupt {
        /// The codec.
        codec: Codec,
        /// Which rule.
        reason: &'static str,
    },
}

impl Decompressor {
    /// One whose output never exceeds `limit` bytes. Nothing is allocated before it is needed.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit, space: Vec::new(), gzip: None, snappy: SnappyDecoder::new(), zstd: None }
    }

    /// Most bytes that may come out.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes held for the next batch, besides the codecs' contexts.
    pub const fn retained_bytes(&self) -> usize {
        self.space.capacity()
    }

    /// Gives back what exceeds `bytes` of the buffer, after an unusually large batch.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.space.truncate(bytes);
        self.space.shrink_to(bytes);
    }

    /// Decompresses `input` whole.
    ///
    /// # Errors
    /// If it is not a whole stream of the codec, or comes to more than the limit.
    pub fn decompress(&mut self, codec: Codec, input: &[u8]) -> Result<&[u8], DecompressError> {
        self.run(codec, input, HeaderChecksum::Verified)
    }

    /// Like [`Self::decompress`] for messages of magic 0, whose producers got the checksum of the LZ4 header wrong.
    pub(crate) fn decompress_magic_0(
        &mut self,
        codec: Codec,
        input: &[u8],
    ) -> Result<&[u8], DecompressError> {
        self.run(codec, input, HeaderChecksum::Ignored)
    }

    fn run(
        &mut self,
        codec: Codec,
        input: &[u8],
        lz4_checksum: HeaderChecksum,
    ) -> Result<&[u8], DecompressError> {
        let limit = self.limit;
        let mut output = Output::new(&mut self.space, limit);
        let result = match codec {
            Codec::None => output.append(input),
            Codec::Gzip => self.gzip.get_or_insert_with(GzipDecoder::new).decompress(input, &mut output),
            Codec::Snappy => self.snappy.decompress(input, &mut output),
            Codec::Lz4 => lz4::decompress(input, lz4_checksum, &mut output),
            Codec::Zstd => self.zstd.get_or_insert_with(ZstdDecoder::new).decompress(input, &mut output),
        };
        match result {
            Ok(()) => Ok(output.finish()),
            Err(Failure::TooLarge) => Err(DecompressError::TooLarge { codec, limit }),
            Err(Failure::Truncated) => Err(DecompressError::Truncated { codec }),
            Err(Failure::Corrupt(reason)) => Err(DecompressError::Corrupt { codec, reason }),
        }
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("limit", &self.limit)
            .field("retained_bytes", &self.retained_bytes())
            .finish()
    }
}
