//! Compression in contexts that are kept.

use std::fmt;

use thiserror::Error;

use super::codec::{Codec, Compression};
use super::gzip::GzipEncoder;
use super::lz4::Lz4Encoder;
use super::snappy::SnappyEncoder;
use super::zstandard::ZstdEncoder;

/// Compresses records. Contexts stay for the next batch; none is made before it is needed.
#[derive(Default)]
pub struct Compressor {
    gzip: Option<GzipEncoder>,
    snappy: Option<SnappyEncoder>,
    lz4: Option<Lz4Encoder>,
    zstd: Option<ZstdEncoder>,
}

/// The codec's library could not compress, for want of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{codec} could not compress: {reason}")]
pub struct CompressError {
    /// The codec.
    pub codec: Codec,
    /// What the library says.
    pub reason: &'static str,
}

impl Compressor {
    /// One without contexts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `input`, compressed, to `output`.
    ///
    /// # Errors
    /// If the library cannot allocate what the level needs; `output` then ends in unspecified bytes.
    pub fn compress(
        &mut self,
        compression: Compression,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<(), CompressError> {
        match compression.codec() {
            Codec::None => output.extend_from_slice(input),
            Codec::Gzip => self.gzip(compression.level()).compress(input, output),
            Codec::Snappy => self.snappy.get_or_insert_with(SnappyEncoder::new).compress(input, output),
            Codec::Lz4 => self.lz4.get_or_insert_with(Lz4Encoder::new).compress(input, output),
            Codec::Zstd => {
                let zstd = self.zstd.get_or_insert_with(ZstdEncoder::new);
                let result = zstd.compress(input, compression.level(), output);
                result.map_err(|reason| CompressError { codec: Codec::Zstd, reason })?;
            }
        }
        Ok(())
    }

    /// Deflate fixes the level when its context is made.
    fn gzip(&mut self, level: i32) -> &mut GzipEncoder {
        if self.gzip.as_ref().is_some_and(|gzip| gzip.level() != level) {
            self.gzip = None;
        }
        self.gzip.get_or_insert_with(|| GzipEncoder::new(level))
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").finish_non_exhaustive()
    }
}
