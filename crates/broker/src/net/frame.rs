//! Frames: a size, then so many bytes.

use bytes::{Buf, BytesMut};

const SIZE_BYTES: usize = 4;

/// Bytes a connection reads ahead while it does not know a frame's size yet.
const READ_AHEAD_BYTES: usize = 16 << 10;

/// A frame that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {size} bytes, at most {max} are allowed (socket.request.max.bytes)")]
pub(crate) struct FrameSizeError {
    /// The size the client named.
    pub(crate) size: i32,
    /// The largest allowed.
    pub(crate) max: i32,
}

/// What has come in and is not handled yet.
#[derive(Debug)]
pub(crate) struct Incoming {
    buffer: BytesMut,
    size_max: i32,
}

impl Incoming {
    /// Nothing yet; frames of up to `size_max` bytes are let in.
    pub(crate) fn new(size_max: i32) -> Self {
        Self { buffer: BytesMut::new(), size_max }
    }

    /// Takes a whole frame off the front, without its size.
    ///
    /// # Errors
    ///
    /// If the size is negative or too large.
    pub(crate) fn take_frame(&mut self) -> Result<Option<BytesMut>, FrameSizeError> {
        let Some(size) = self.frame_size()? else { return Ok(None) };
        if self.buffer.len() < SIZE_BYTES + size {
            return Ok(None);
        }
        self.buffer.advance(SIZE_BYTES);
        Ok(Some(self.buffer.split_to(size)))
    }

    /// Whether a whole frame is there, or one that cannot be.
    pub(crate) fn has_frame(&self) -> bool {
        match self.frame_size() {
            Ok(Some(size)) => self.buffer.len() >= SIZE_BYTES + size,
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// The buffer, with room for what comes next. The room grows with what has come, never with what was promised.
    pub(crate) fn room(&mut self) -> &mut BytesMut {
        let wanted = match self.frame_size() {
            Ok(Some(size)) => (SIZE_BYTES + size).saturating_sub(self.buffer.len()),
            _ => READ_AHEAD_BYTES,
        };
        let room_max = self.buffer.len().max(READ_AHEAD_BYTES);
        self.buffer.reserve(wanted.clamp(1, room_max));
        &mut self.buffer
    }

    fn frame_size(&self) -> Result<Option<usize>, FrameSizeError> {
        let Some(size) = self.buffer.first_chunk::<SIZE_BYTES>() else { return Ok(None) };
        let size = i32::from_be_bytes(*size);
        match usize::try_from(size) {
            Ok(len) if size <= self.size_max => Ok(Some(len)),
            _ => Err(FrameSizeError { size, max: self.size_max }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(bytes: &[u8]) -> Incoming {
        let mut incoming = Incoming::new(100);
        incoming.room().extend_from_slice(bytes);
        incoming
    }

    #[test]
    fn takes_frames_one_by_one() {
        let mut incoming = with(b"\0\0\0\x02ab\0\0\0\x01c\0\0");
        assert_eq!(incoming.take_frame().unwrap().unwrap(), b"ab"[..]);
        assert!(incoming.has_frame());
        assert_eq!(incoming.take_frame().unwrap().unwrap(), b"c"[..]);
        assert!(!incoming.has_frame());
        assert_eq!(incoming.take_frame(), Ok(None));
    }

    #[test]
    fn refuses_sizes_that_cannot_be() {
        let size_error = |size| Err(FrameSizeError { size, max: 100 });
        assert_eq!(with(&(-1_i32).to_be_bytes()).take_frame(), size_error(-1));
        assert_eq!(with(&101_i32.to_be_bytes()).take_frame(), size_error(101));
        assert!(with(&101_i32.to_be_bytes()).has_frame());
    }

    #[test]
    fn makes_no_room_for_mere_promises() {
        let mut incoming = Incoming::new(i32::MAX);
        incoming.room().extend_from_slice(&1_000_000_000_i32.to_be_bytes());
        incoming.room();
        assert!(incoming.buffer.capacity() <= 4 * READ_AHEAD_BYTES);
    }
}
