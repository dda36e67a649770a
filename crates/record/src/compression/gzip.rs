//! Gzip members around deflate.
//!
//! A stream may hold several members, and what follows the last one and is no member is ignored: so does Java's reader.

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::output::{Failure, Output};
use crate::crc::crc32;

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
const FIXED_HEADER_SIZE: usize = 10;
const TRAILER_SIZE: usize = 8;
/// Output is asked for in steps of this size.
const STEP: usize = 64 * 1024;

const HAS_HEADER_CRC: u8 = 0x02;
const HAS_EXTRA: u8 = 0x04;
const HAS_NAME: u8 = 0x08;
const HAS_COMMENT: u8 = 0x10;

#[derive(Debug)]
pub(super) struct GzipDecoder {
    inflate: Decompress,
}

impl GzipDecoder {
    pub(super) fn new() -> Self {
        Self { inflate: Decompress::new(false) }
    }

    pub(super) fn decompress(&mut self, input: &[u8], output: &mut Output<'_>) -> Result<(), Failure> {
        let mut rest = self.member(&input[header_size(input)?..], output)?;
        while let Ok(size) = header_size(rest) {
            rest = self.member(&rest[size..], output)?;
        }
        Ok(())
    }

    /// Inflates one member after its header, and gives what follows it.
    fn member<'a>(&mut self, mut input: &'a [u8], output: &mut Output<'_>) -> Result<&'a [u8], Failure> {
        self.inflate.reset(false);
        let start = output.filled();
        loop {
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let room = output.room(STEP.max(output.at_hand()));
            let status = self.inflate.decompress(input, room, FlushDecompress::None);
            let status = status.map_err(|_| Failure::Corrupt("its deflate stream is invalid"))?;
            let read = (self.inflate.total_in() - read) as usize;
            let written = (self.inflate.total_out() - written) as usize;
            input = &input[read..];
            output.advance(written)?;
            match status {
                Status::StreamEnd => break,
                Status::Ok | Status::BufError if read == 0 && written == 0 => return Err(Failure::Truncated),
                Status::Ok | Status::BufError => {}
            }
        }
        let (trailer, rest) = input.split_first_chunk::<TRAILER_SIZE>().ok_or(Failure::Truncated)?;
        let inflated = output.filled_since(start);
        let mut expected = [0; TRAILER_SIZE];
        expected[..4].copy_from_slice(&crc32(inflated).to_le_bytes());
        expected[4..].copy_from_slice(&(inflated.len() as u32).to_le_bytes());
        if *trailer == expected {
            Ok(rest)
        } else {
            Err(Failure::Corrupt("its trailer does not match its bytes"))
        }
    }
}

/// Bytes of the member header at the start of `input`.
fn header_size(input: &[u8]) -> Result<usize, Failure> {
    let fixed = input.first_chunk::<FIXED_HEADER_SIZE>().ok_or(Failure::Truncated)?;
    if fixed[..2] != MAGIC {
        return Err(Failure::Corrupt("its magic is not that of gzip"));
    }
    if fixed[2] != DEFLATE {
        return Err(Failure::Corrupt("its method is not deflate"));
    }
    let flags = fixed[3];
    let mut at = FIXED_HEADER_SIZE;
    if flags & HAS_EXTRA != 0 {
        let size = input.get(at..at + 2).ok_or(Failure::Truncated)?;
        at += 2 + usize::from(u16::from_le_bytes([size[0], size[1]]));
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            let text = input.get(at..).ok_or(Failure::Truncated)?;
            at += 1 + text.iter().position(|byte| *byte == 0).ok_or(Failure::Truncated)?;
        }
    }
    if flags & HAS_HEADER_CRC != 0 {
        let stored = input.get(at..at + 2).ok_or(Failure::Truncated)?;
        if stored != &crc32(&input[..at]).to_le_bytes()[..2] {
            return Err(Failure::Corrupt("its header does not match its checksum"));
        }
        at += 2;
    }
    if at > input.len() { Err(Failure::Truncated) } else { Ok(at) }
}

#[derive(Debug)]
pub(super) struct GzipEncoder {
    deflate: Compress,
    level: i32,
}

impl GzipEncoder {
    pub(super) fn new(level: i32) -> Self {
        let setting =
            u32::try_from(level).map_or_else(|_| flate2::Compression::default(), flate2::Compression::new);
        Self { deflate: Compress::new(setting, false), level }
    }

    pub(super) const fn level(&self) -> i32 {
        self.level
    }

    /// Appends one member. Its header is that of Java: no time, no name, and operating system 0.
    pub(super) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        output.extend_from_slice(&[MAGIC[0], MAGIC[1], DEFLATE, 0, 0, 0, 0, 0, 0, 0]);
        self.deflate.reset();
        let mut rest = input;
        loop {
            output.reserve((rest.len() / 2).max(1024));
            let before = self.deflate.total_in();
            let status = self.deflate.compress_vec(rest, output, FlushCompress::Finish);
            let status = status.expect("deflate into a vector with room cannot fail");
            rest = &rest[(self.deflate.total_in() - before) as usize..];
            if status == Status::StreamEnd {
                break;
            }
        }
        output.extend_from_slice(&crc32(input).to_le_bytes());
        output.extend_from_slice(&(input.len() as u32).to_le_bytes());
    }
}
