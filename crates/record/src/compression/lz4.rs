//! LZ4 frames as Kafka has them.
//!
//! Magic `04 22 4d 18`; flags; block descriptor; content size, if the flags say so; checksum of the three.
//! Then blocks, each behind its length (the high bit set if stored as it is) and with its checksum, if the
//! flags say so; then a length of 0. Little-endian. Blocks must be independent. We write 64 KiB blocks,
//! without content size and checksums but the header's.

use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};
use twox_hash::XxHash32;

use super::output::{Failure, Output};
use super::stream::{Decode, Step};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const STORED_BIT: u32 = 0x8000_0000;

const VERSION_BITS: u8 = 0xc0;
const VERSION_1: u8 = 0x40;
const INDEPENDENT_BLOCKS: u8 = 0x20;
const BLOCK_CHECKSUM: u8 = 0x10;
const CONTENT_SIZE: u8 = 0x08;
const CONTENT_CHECKSUM: u8 = 0x04;
const RESERVED_FLAGS: u8 = 0x03;

/// Block descriptor for the size below.
const BLOCKS_OF_64_KIB: u8 = 0x40;
const BLOCK_SIZE: usize = 64 * 1024;
/// No byte of a block makes more: a length byte of 255.
const MAX_EXPANSION: usize = 255;

/// What to do with the checksum of the frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderChecksum {
    Verified,
    /// Producers of magic 0 computed it over too many bytes.
    Ignored,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    block_size_max: usize,
    has_block_checksums: bool,
    has_content_checksum: bool,
}

/// A frame being read.
#[derive(Debug)]
pub(super) struct Lz4Stream<'a> {
    checksum: HeaderChecksum,
    frame: Option<Frame>,
    rest: &'a [u8],
}

impl<'a> Lz4Stream<'a> {
    pub(super) const fn new(checksum: HeaderChecksum, input: &'a [u8]) -> Self {
        Self { checksum, frame: None, rest: input }
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8], Failure> {
        let (taken, rest) = self.rest.split_at_checked(size).ok_or(Failure::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn take_u32(&mut self) -> Result<u32, Failure> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Failure::Truncated)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*taken))
    }

    /// Kafka wants the content checksum to be there and does not compare it. What follows the frame is
    /// ignored.
    fn end(&mut self, frame: Frame) -> Result<Step, Failure> {
        if frame.has_content_checksum {
            self.take_u32()?;
        }
        Ok(Step::End)
    }
}

impl Decode for Lz4Stream<'_> {
    fn step(&mut self, output: &mut Output<'_>) -> Result<Step, Failure> {
        let Some(frame) = self.frame else {
            let (frame, rest) = read_header(self.rest, self.checksum)?;
            (self.frame, self.rest) = (Some(frame), rest);
            return Ok(Step::More);
        };
        let length = self.take_u32()?;
        let size = (length & !STORED_BIT) as usize;
        if size == 0 {
            return self.end(frame);
        }
        if size > frame.block_size_max {
            return Err(Failure::Corrupt("a block is larger than the frame allows"));
        }
        let block = self.take(size)?;
        if frame.has_block_checksums && self.take_u32()? != XxHash32::oneshot(0, block) {
            return Err(Failure::Corrupt("a block does not match its checksum"));
        }
        if length & STORED_BIT == 0 {
            read_block(block, frame.block_size_max, output)?;
        } else {
            output.append(block)?;
        }
        Ok(Step::More)
    }
}

fn read_block(block: &[u8], block_size_max: usize, output: &mut Output<'_>) -> Result<(), Failure> {
    let most = block_size_max.min(block.len().saturating_mul(MAX_EXPANSION));
    let is_cut = output.is_cut(most);
    match decompress_into(block, output.room(most)) {
        Ok(written) => output.advance(written),
        Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) if is_cut => Err(Failure::TooLarge),
        Err(_) => Err(Failure::Corrupt("a block is invalid")),
    }
}

fn read_header(input: &[u8], checksum: HeaderChecksum) -> Result<(Frame, &[u8]), Failure> {
    let (magic, descriptor) = input.split_first_chunk::<4>().ok_or(Failure::Truncated)?;
    if *magic != MAGIC {
        return Err(Failure::Corrupt("its magic is not that of an lz4 frame"));
    }
    let [flags, block] = *descriptor.first_chunk::<2>().ok_or(Failure::Truncated)?;
    if flags & VERSION_BITS != VERSION_1 || flags & RESERVED_FLAGS != 0 {
        return Err(Failure::Corrupt("its version or flags are unknown"));
    }
    if flags & INDEPENDENT_BLOCKS == 0 {
        return Err(Failure::Corrupt("its blocks depend on each other"));
    }
    let size_exponent = block >> 4;
    if block & 0x0f != 0 || !(4..=7).contains(&size_exponent) {
        return Err(Failure::Corrupt("its block size is unknown"));
    }
    let size = if flags & CONTENT_SIZE == 0 { 2 } else { 10 };
    let (descriptor, rest) = descriptor.split_at_checked(size).ok_or(Failure::Truncated)?;
    let (stored, rest) = rest.split_first().ok_or(Failure::Truncated)?;
    if checksum == HeaderChecksum::Verified && *stored != header_checksum(descriptor) {
        return Err(Failure::Corrupt("its header does not match its checksum"));
    }
    let frame = Frame {
        block_size_max: 1 << (2 * size_exponent + 8),
        has_block_checksums: flags & BLOCK_CHECKSUM != 0,
        has_content_checksum: flags & CONTENT_CHECKSUM != 0,
    };
    Ok((frame, rest))
}

fn header_checksum(descriptor: &[u8]) -> u8 {
    (XxHash32::oneshot(0, descriptor) >> 8) as u8
}

pub(super) struct Lz4Encoder {
    table: CompressTable,
}

impl Lz4Encoder {
    pub(super) fn new() -> Self {
        Self { table: CompressTable::large() }
    }

    pub(super) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        let descriptor = [VERSION_1 | INDEPENDENT_BLOCKS, BLOCKS_OF_64_KIB];
        output.extend_from_slice(&MAGIC);
        output.extend_from_slice(&descriptor);
        output.push(header_checksum(&descriptor));
        for block in input.chunks(BLOCK_SIZE) {
            self.block(block, output);
        }
        output.extend_from_slice(&[0; 4]);
    }

    fn block(&mut self, block: &[u8], output: &mut Vec<u8>) {
        let length_at = output.len();
        let block_at = length_at + 4;
        output.resize(block_at + get_maximum_output_size(block.len()), 0);
        let written = compress_into_with_table(block, &mut output[block_at..], &mut self.table);
        let written = written.expect("a block fits the room that the library asks for");
        let length = if written < block.len() {
            output.truncate(block_at + written);
            written as u32
        } else {
            output.truncate(block_at);
            output.extend_from_slice(block);
            block.len() as u32 | STORED_BIT
        };
        output[length_at..block_at].copy_from_slice(&length.to_le_bytes());
    }
}
