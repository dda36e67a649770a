//! Zstandard frames, in contexts that are kept.

use zstd::zstd_safe::{
    CCtx, DCtx, ErrorCode, InBuffer, OutBuffer, ResetDirective, compress_bound, get_error_name,
};

use super::output::{Failure, Output};
use super::stream::{Decode, Step};

/// `ZSTD_error_dstSize_tooSmall`, which the library's interface calls stable.
const OUTPUT_TOO_SMALL: usize = 70;
/// `ZSTD_error_srcSize_wrong`.
const INPUT_CUT: usize = 72;
/// Most bytes of a block before compression.
const BLOCK_SIZE_MAX: usize = 128 * 1024;
/// Least bytes of a block that holds any: header and the byte to repeat.
const BLOCK_OVERHEAD: usize = 4;
/// First guess of how much more comes out than goes in.
const USUAL_EXPANSION: usize = 8;
const ROOM_MIN: usize = 4 * 1024;

/// Decompresses in one go and, if the room was too small, again into one of double size. The room is kept, so
/// the next batch of that size succeeds at once; and there is no window to copy from, as a stream would have
/// it.
pub(super) fn decompress(
    context: &mut DCtx<'_>,
    input: &[u8],
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let most = (input.len() / BLOCK_OVERHEAD + 1).saturating_mul(BLOCK_SIZE_MAX);
    let usual = input.len().saturating_mul(USUAL_EXPANSION).max(ROOM_MIN);
    let mut size = usual.max(output.at_hand()).min(most);
    loop {
        let is_cut = output.is_cut(size);
        let error = match context.decompress(output.room(size), input) {
            Ok(written) => return output.advance(written),
            Err(error) => error,
        };
        if error_number(error) != OUTPUT_TOO_SMALL {
            return Err(failure(error));
        }
        if is_cut {
            return Err(Failure::TooLarge);
        }
        if size == most {
            return Err(Failure::Corrupt("a frame claims more bytes than it can hold"));
        }
        size = size.saturating_mul(2).min(most);
    }
}

/// Frames being read, a block at a time. Memory is bounded by the largest window that the library accepts,
/// 128 MiB.
pub(super) struct ZstdStream<'a> {
    context: &'a mut DCtx<'static>,
    rest: &'a [u8],
    is_within_frame: bool,
}

impl<'a> ZstdStream<'a> {
    pub(super) fn new(context: &'a mut DCtx<'static>, input: &'a [u8]) -> Self {
        // Resetting a session cannot fail; if it did, the first step would.
        let _ = context.reset(ResetDirective::SessionOnly);
        Self { context, rest: input, is_within_frame: false }
    }
}

impl Decode for ZstdStream<'_> {
    fn step(&mut self, output: &mut Output<'_>) -> Result<Step, Failure> {
        if self.rest.is_empty() && !self.is_within_frame {
            return Ok(Step::End);
        }
        let mut input = InBuffer::around(self.rest);
        let mut room = OutBuffer::around(output.room(BLOCK_SIZE_MAX));
        let hint = self.context.decompress_stream(&mut room, &mut input).map_err(failure)?;
        let (read, written) = (input.pos(), room.pos());
        self.rest = &self.rest[read..];
        self.is_within_frame = hint != 0;
        if read == 0 && written == 0 {
            return Err(Failure::Truncated);
        }
        output.advance(written)?;
        Ok(Step::More)
    }
}

fn failure(error: ErrorCode) -> Failure {
    match error_number(error) {
        INPUT_CUT => Failure::Truncated,
        _ => Failure::Corrupt(get_error_name(error)),
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
