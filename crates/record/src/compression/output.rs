//! Where decompressed bytes go: a buffer that is reused and a limit that is kept.

/// Why a stream did not decompress; the caller adds codec and limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    TooLarge,
    Truncated,
    Corrupt(&'static str),
}

/// Decompressed bytes so far.
///
/// The vector's length is the space that was once zeroed, and stays between uses, so that no space is zeroed twice.
#[derive(Debug)]
pub(super) struct Output<'a> {
    space: &'a mut Vec<u8>,
    filled: usize,
    limit: usize,
}

impl<'a> Output<'a> {
    pub(super) const fn new(space: &'a mut Vec<u8>, limit: usize) -> Self {
        Self { space, filled: 0, limit }
    }

    /// Room for the next bytes: `size` of them, or one more than the limit allows, if that is fewer. So a decoder that
    /// has more to say than the limit allows will say so and fail in [`Self::advance`].
    pub(super) fn room(&mut self, size: usize) -> &mut [u8] {
        let end = self.filled.saturating_add(size).min(self.limit.saturating_add(1));
        if self.space.len() < end {
            self.space.resize(end, 0);
        }
        &mut self.space[self.filled..end]
    }

    /// Bytes of room that are at hand without growing.
    pub(super) fn at_hand(&self) -> usize {
        self.space.len() - self.filled
    }

    /// Counts the first bytes of the last room as filled.
    pub(super) fn advance(&mut self, written: usize) -> Result<(), Failure> {
        self.filled += written;
        if self.filled > self.limit { Err(Failure::TooLarge) } else { Ok(()) }
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let room = self.room(bytes.len());
        let size = room.len();
        room.copy_from_slice(&bytes[..size]);
        self.advance(size)
    }

    /// Whether a room of `size` bytes would be cut by the limit.
    pub(super) fn is_cut(&self, size: usize) -> bool {
        self.filled.saturating_add(size) > self.limit.saturating_add(1)
    }

    pub(super) const fn filled(&self) -> usize {
        self.filled
    }

    pub(super) fn filled_since(&self, start: usize) -> &[u8] {
        &self.space[start..self.filled]
    }

    pub(super) fn finish(self) -> &'a [u8] {
        &self.space[..self.filled]
    }
}
