//! Snappy blocks in the stream format of xerial's library.
//!
//! Magic `82 'SNAPPY' 00`, version 1 and least compatible version 1 as four bytes each; then blocks, each
//! behind its length in four bytes, of at most 32 KiB before compression. Bytes without that magic are one
//! raw block, which some clients write.

use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

use super::output::{Failure, Output};
use super::stream::{Decode, Step};

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const VERSION: u32 = 1;
const HEADER_SIZE: usize = 16;
const BLOCK_SIZE: usize = 32 * 1024;
/// No element makes more of its bytes: three of them can copy 64.
const MAX_EXPANSION: usize = 22;

/// A stream of blocks being read.
#[derive(Debug)]
pub(super) struct SnappyStream<'a> {
    raw: &'a mut Decoder,
    state: State<'a>,
}

#[derive(Debug)]
enum State<'a> {
    Start(&'a [u8]),
    Blocks(&'a [u8]),
    End,
}

impl<'a> SnappyStream<'a> {
    pub(super) const fn new(raw: &'a mut Decoder, input: &'a [u8]) -> Self {
        Self { raw, state: State::Start(input) }
    }

    fn block(&mut self, block: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        let claimed = decompress_len(block).map_err(|_| Failure::Corrupt("a block has no length"))?;
        if claimed > block.len().saturating_mul(MAX_EXPANSION) {
            return Err(Failure::Corrupt("a block claims more bytes than it can hold"));
        }
        if output.is_cut(claimed) {
            return Err(Failure::TooLarge);
        }
        let written = self.raw.decompress(block, output.room(claimed));
        output.advance(written.map_err(|_| Failure::Corrupt("a block is invalid"))?)
    }
}

impl Decode for SnappyStream<'_> {
    fn step(&mut self, output: &mut Output<'_>) -> Result<Step, Failure> {
        match self.state {
            State::End => Ok(Step::End),
            State::Start([]) => Err(Failure::Truncated),
            State::Start(input) => {
                if let Some(blocks) = after_header(input)? {
                    self.state = State::Blocks(blocks);
                } else {
                    self.state = State::End;
                    self.block(input, output)?;
                }
                Ok(Step::More)
            }
            State::Blocks(input) => {
                // Java's reader takes one to three bytes at the end for the end.
                let Some((length, blocks)) = input.split_first_chunk::<4>() else {
                    return Ok(Step::End);
                };
                if length[..] == MAGIC[..4] {
                    // Two streams, one after the other, are one.
                    self.state = State::Blocks(after_header(input)?.ok_or(Failure::Truncated)?);
                    return Ok(Step::More);
                }
                let length = usize::try_from(i32::from_be_bytes(*length));
                let length = length.map_err(|_| Failure::Corrupt("the length of a block is negative"))?;
                let (block, next) = blocks.split_at_checked(length).ok_or(Failure::Truncated)?;
                self.state = State::Blocks(next);
                self.block(block, output)?;
                Ok(Step::More)
            }
        }
    }
}

/// What follows the stream header; `None` if there is none.
fn after_header(input: &[u8]) -> Result<Option<&[u8]>, Failure> {
    let Some((header, rest)) = input.split_first_chunk::<HEADER_SIZE>() else {
        return Ok(None);
    };
    if header[..8] != MAGIC {
        return Ok(None);
    }
    let version = i32::from_be_bytes([header[8], header[9], header[10], header[11]]);
    if version < VERSION as i32 {
        return Err(Failure::Corrupt("its version is below 1"));
    }
    Ok(Some(rest))
}

#[derive(Debug)]
pub(super) struct SnappyEncoder {
    raw: Encoder,
}

impl SnappyEncoder {
    pub(super) fn new() -> Self {
        Self { raw: Encoder::new() }
    }

    pub(super) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        output.extend_from_slice(&MAGIC);
        output.extend_from_slice(&VERSION.to_be_bytes());
        output.extend_from_slice(&VERSION.to_be_bytes());
        for block in input.chunks(BLOCK_SIZE) {
            let length_at = output.len();
            let block_at = length_at + 4;
            output.resize(block_at + max_compress_len(block.len()), 0);
            let written = self.raw.compress(block, &mut output[block_at..]);
            let written = written.expect("a block of 32 KiB fits the room that the library asks for");
            output[length_at..block_at].copy_from_slice(&(written as u32).to_be_bytes());
            output.truncate(block_at + written);
        }
    }
}
