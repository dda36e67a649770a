//! Zstandard frames, in contexts that are kept.

use zstd::zstd_safe::{CCtx, DCtx, ErrorCode, compress_bound, get_error_name};

use super::output::{Failure, Output};

/// `ZSTD_error_dstSize_tooSmall`, which the library's interface calls stable.
const OUTPUT_TOO_SMALL: usize = 70;
/// `ZSTD_error_srcSize_wrong`.
const INPUT_CUT: usize = 72;
/// First guess of how much more comes out than goes in.
const USUAL_EXPANSION: usize = 8;
const ROOM_MIN: usize = 4 * 1024;

pub(super) struct ZstdDecoder {
    context: DCtx<'static>,
}

impl ZstdDecoder {
    pub(super) fn new() -> Self {
        Self { context: DCtx::create() }
    }

    /// Decompresses in one go and, if the room was too small, again into one of double size. The room is kept, so
    /// the next batch of that size succeeds at once; and there is no window to copy from, as streaming would have it.
    pub(super) fn decompress(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        let mut size = input.len().saturating_mul(USUAL_EXPANSION).max(ROOM_MIN).max(output.at_hand());
        loop {
            let is_cut = output.is_cut(size);
            match self.context.decompress(output.room(size), input) {
                Ok(written) => return output.advance(written),
                Err(error) => match error_number(error) {
                    OUTPUT_TOO_SMALL if is_cut => return Err(Failure::TooLarge),
                    OUTPUT_TOO_SMALL => size = size.saturating_mul(2),
                    INPUT_CUT => return Err(Failure::Truncated),
                    _ => return Err(Failure::Corrupt(get_error_name(error))),
                },
            }
        }
    }
}

/// The library returns errors as negative numbers of an unsigned type.
const fn error_number(error: ErrorCode) -> usize {
    0usize.wrapping_sub(error)
}

pub(super) struct ZstdEncoder {
    context: CCtx<'static>,
}

impl ZstdEncoder {
    pub(super) fn new() -> Self {
        Self { context: CCtx::create() }
    }

    pub(super) fn compress(
        &mut self,
        input: &[u8],
        level: i32,
        output: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        let start = output.len();
        output.resize(start + compress_bound(input.len()), 0);
        let written = self.context.compress(&mut output[start..], input, level).map_err(get_error_name)?;
        output.truncate(start + written);
        Ok(())
    }
}
