//! The four codecs in Kafka's framing.
//!
//! What we write, Kafka reads and the other way round; the compressed bytes need not be the same. No size in
//! a stream is believed: output grows as it is proved and stops at the limit of the [`Decompressor`].

mod codec;
mod compressor;
mod decompressor;
mod gzip;
mod lz4;
mod output;
mod snappy;
mod stream;
mod zstandard;

pub use codec::{Codec, Compression, InvalidLevel, UnknownCodec, UnknownCodecName};
pub use compressor::{CompressError, Compressor};
pub(crate) use decompressor::Chunks;
pub use decompressor::{DecompressError, Decompressor};
