//! Decompressing step by step, whole or chunk by chunk.

use snap::raw::Decoder;
use zstd::zstd_safe::DCtx;

use super::codec::Codec;
use super::gzip::{GzipContext, GzipStream};
use super::lz4::{HeaderChecksum, Lz4Stream};
use super::output::{Failure, Output};
use super::snappy::SnappyStream;
use super::zstandard::ZstdStream;

/// Whether there is more to decompress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    More,
    End,
}

/// A compressed stream that is being read.
pub(super) trait Decode {
    /// Reads a piece of bounded size; it may come to no output without being the end.
    fn step(&mut self, output: &mut Output<'_>) -> Result<Step, Failure>;

    /// Reads all.
    fn run(&mut self, output: &mut Output<'_>) -> Result<(), Failure> {
        while self.step(output)? == Step::More {}
        Ok(())
    }
}

/// Contexts of the codecs, made when first needed.
#[derive(Default)]
pub(super) struct Contexts {
    gzip: Option<GzipContext>,
    snappy: Decoder,
    zstd: Option<DCtx<'static>>,
}

/// Stream of any codec.
pub(super) enum Stream<'a> {
    Stored(&'a [u8]),
    Gzip(GzipStream<'a>),
    Snappy(SnappyStream<'a>),
    Lz4(Lz4Stream<'a>),
    Zstd(ZstdStream<'a>),
}

impl Contexts {
    pub(super) fn zstd(&mut self) -> &mut DCtx<'static> {
        self.zstd.get_or_insert_with(DCtx::create)
    }

    pub(super) fn stream<'a>(
        &'a mut self,
        codec: Codec,
        input: &'a [u8],
        lz4_checksum: HeaderChecksum,
    ) -> Stream<'a> {
        match codec {
            Codec::None => Stream::Stored(input),
            Codec::Gzip => {
                Stream::Gzip(GzipStream::new(self.gzip.get_or_insert_with(GzipContext::new), input))
            }
            Codec::Snappy => Stream::Snappy(SnappyStream::new(&mut self.snappy, input)),
            Codec::Lz4 => Stream::Lz4(Lz4Stream::new(lz4_checksum, input)),
            Codec::Zstd => Stream::Zstd(ZstdStream::new(self.zstd(), input)),
        }
    }
}

impl Decode for Stream<'_> {
    fn step(&mut self, output: &mut Output<'_>) -> Result<Step, Failure> {
        match self {
            Self::Stored(input) => {
                output.append(input)?;
                Ok(Step::End)
            }
            Self::Gzip(stream) => stream.step(output),
            Self::Snappy(stream) => stream.step(output),
            Self::Lz4(stream) => stream.step(output),
            Self::Zstd(stream) => stream.step(output),
        }
    }
}
