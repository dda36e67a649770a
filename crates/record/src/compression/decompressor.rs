//! Decompression into a buffer that is kept, up to a limit.

use std::fmt;

use thiserror::Error;

use super::codec::Codec;
use super::lz4::HeaderChecksum;
use super::output::{Failure, Output};
use super::stream::{Contexts, Decode, Step, Stream};
use super::zstandard;

/// Decompresses records, one batch at a time, into a buffer of its own.
///
/// Buffer and codec contexts stay for the next batch, so a long-lived one (such as one per thread) allocates
/// only while its batches still grow. Memory is bounded by the limit plus the contexts.
pub struct Decompressor {
    limit: usize,
    space: Vec<u8>,
    contexts: Contexts,
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
        Self { limit, space: Vec::new(), contexts: Contexts::default() }
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

    /// Like [`Self::decompress`] for messages of magic 0, whose producers got the checksum of the LZ4 header
    /// wrong.
    ///
    /// # Errors
    /// As [`Self::decompress`].
    pub fn decompress_magic_0(&mut self, codec: Codec, input: &[u8]) -> Result<&[u8], DecompressError> {
        self.run(codec, input, HeaderChecksum::Ignored)
    }

    fn run(
        &mut self,
        codec: Codec,
        input: &[u8],
        lz4_checksum: HeaderChecksum,
    ) -> Result<&[u8], DecompressError> {
        let limit = self.limit;
        if codec == Codec::Zstd {
            let mut output = Output::new(&mut self.space, limit);
            match zstandard::decompress(self.contexts.zstd(), input, &mut output) {
                // In one go the library refuses some damaged frames that it reads as a stream, which is how
                // Kafka reads them; the stream has the last word.
                Err(Failure::Corrupt(_)) => {}
                Err(failure) => return Err(explain(failure, codec, limit)),
                Ok(()) => {
                    let filled = output.filled();
                    return Ok(&self.space[..filled]);
                }
            }
        }
        let mut output = Output::new(&mut self.space, limit);
        let mut stream = self.contexts.stream(codec, input, lz4_checksum);
        stream.run(&mut output).map_err(|failure| explain(failure, codec, limit))?;
        Ok(output.finish())
    }

    /// Begins to decompress `input` chunk by chunk, in memory that does not grow with what comes out.
    pub(crate) fn chunks<'a>(&'a mut self, codec: Codec, input: &'a [u8]) -> Chunks<'a> {
        let stream = self.contexts.stream(codec, input, HeaderChecksum::Verified);
        Chunks { codec, limit: self.limit, left: self.limit, space: &mut self.space, stream: Some(stream) }
    }
}

fn explain(failure: Failure, codec: Codec, limit: usize) -> DecompressError {
    match failure {
        Failure::TooLarge => DecompressError::TooLarge { codec, limit },
        Failure::Truncated => DecompressError::Truncated { codec },
        Failure::Corrupt(reason) => DecompressError::Corrupt { codec, reason },
    }
}

/// A compressed stream in chunks, each of which takes the place of the one before.
pub(crate) struct Chunks<'a> {
    codec: Codec,
    limit: usize,
    left: usize,
    space: &'a mut Vec<u8>,
    /// `None` after the end or an error.
    stream: Option<Stream<'a>>,
}

impl Chunks<'_> {
    /// Size of the next chunk, whose bytes [`Self::bytes`] then begins with; `None` at the end of the stream.
    pub(crate) fn advance(&mut self) -> Result<Option<usize>, DecompressError> {
        while let Some(stream) = &mut self.stream {
            let mut output = Output::new(self.space, self.left);
            let step = stream.step(&mut output);
            let filled = output.filled();
            if step != Ok(Step::More) {
                self.stream = None;
            }
            step.map_err(|failure| explain(failure, self.codec, self.limit))?;
            self.left -= filled;
            if filled > 0 {
                return Ok(Some(filled));
            }
        }
        Ok(None)
    }

    /// The buffer, which begins with the chunk.
    #[inline(always)]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.space
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
