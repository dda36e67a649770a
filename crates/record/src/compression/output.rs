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
/// The vector's length is the space that was once zeroed, and stays between uses, so that no space is zeroed
/// twice.
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

    /// Room for the next bytes: `size` of them, or one more than the limit allows, if that is fewer. So a
    /// decoder that has more to say than the limit allows will say so and fail in [`Self::advance`].
    pub(super) fn room(&mut self, size: usize) -> &mut [u8] {
        let end = self.filled.saturating_add(size).min(self.limit.saturating_add(1));
        if self.space.len() < end {
            self.grow(end);
        }
        &mut self.space[self.filled..end]
    }

    /// Doubles the space at least, as vectors do, but not beyond the limit.
    fn grow(&mut self, end: usize) {
        let doubled = self.space.len().saturating_mul(2).min(self.limit.saturating_add(1));
        let size = end.max(doubled);
        self.space.reserve_exact(size - self.space.len());
        self.space.resize(size, 0);
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

    pub(super) fn finish(self) -> &'a [u8] {
        &self.space[..self.filled]
    }
}
