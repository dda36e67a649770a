//! Gzip members around deflate.
//!
//! A stream may hold several members, and what follows the last one and is no member is ignored: so does
//! Java's reader.

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::output::{Failure, Output};
use super::stream::{Decode, Step};
use crate::crc::{Crc32, crc32};

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
const UNKNOWN_SYSTEM: u8 = 0xff;
const FIXED_HEADER_SIZE: usize = 10;
const TRAILER_SIZE: usize = 8;
/// Output is asked for in steps of this size.
const STEP: usize = 64 * 1024;

const HAS_HEADER_CRC: u8 = 0x02;
const HAS_EXTRA: u8 = 0x04;
const HAS_NAME: u8 = 0x08;
const HAS_COMMENT: u8 = 0x10;

/// What is kept between streams.
#[derive(Debug)]
pub(super) struct GzipContext {
    inflate: Decompress,
    crc: Crc32,
}

impl GzipContext {
    pub(super) fn new() -> Self {
        Self { inflate: Decompress::new(false), crc: Crc32::new() }
    }
}

/// A stream of members being read.
#[derive(Debug)]
pub(super) struct GzipStream<'a> {
    context: &'a mut GzipContext,
    rest: &'a [u8],
    members: usize,
    is_within_member: bool,
}

impl<'a> GzipStream<'a> {
    pub(super) const fn new(context: &'a mut GzipContext, input: &'a [u8]) -> Self {
        Self { context, rest: input, members: 0, is_within_member: false }
    }

    fn begin_member(&mut self) -> Result<Step, Failure> {
        match header_size(self.rest) {
            Ok(size) => self.rest = &self.rest[size..],
            Err(_) if self.members > 0 => return Ok(Step::End),
            Err(failure) => return Err(failure),
        }
        self.context.inflate.reset(false);
        self.context.crc = Crc32::new();
        self.members += 1;
        self.is_within_member = true;
        Ok(Step::More)
    }

    /// Compares the trailer: checksum and size, modulo 2^32, of the output.
    fn end_member(&mut self) -> Result<Step, Failure> {
        let (trailer, rest) = self.rest.split_first_chunk::<TRAILER_SIZE>().ok_or(Failure::Truncated)?;
        self.rest = rest;
        self.is_within_member = false;
        let mut expected = [0; TRAILER_SIZE];
        expected[..4].copy_from_slice(&self.context.crc.value().to_le_bytes());
        expected[4..].copy_from_slice(&(self.context.inflate.total_out() as u32).to_le_bytes());
        if *trailer != expected {
            return Err(Failure::Corrupt("its trailer does not match its bytes"));
        }
        Ok(Step::More)
    }
}

impl Decode for GzipStream<'_> {
    fn step(&mut self, output: &mut Output<'_>) -> Result<Step, Failure> {
        if !self.is_within_member {
            return self.begin_member();
        }
        let GzipContext { inflate, crc } = self.context;
        let (read_before, written_before) = (inflate.total_in(), inflate.total_out());
        let room = output.room(STEP);
        let status = inflate.decompress(self.rest, room, FlushDecompress::None);
        let status = status.map_err(|_| Failure::Corrupt("its deflate stream is invalid"))?;
        let read = (inflate.total_in() - read_before) as usize;
        let written = (inflate.total_out() - written_before) as usize;
        self.rest = &self.rest[read..];
        crc.update(&room[..written]);
        output.advance(written)?;
        match status {
            Status::StreamEnd => self.end_member(),
            _ if read == 0 && written == 0 => Err(Failure::Truncated),
            _ => Ok(Step::More),
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

    /// Appends one member. Its header is that of Java: no time, no name, no operating system.
    pub(super) fn compress(&mut self, input: &[u8], output: &mut Vec<u8>) {
        output.extend_from_slice(&[MAGIC[0], MAGIC[1], DEFLATE, 0, 0, 0, 0, 0, 0, UNKNOWN_SYSTEM]);
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
