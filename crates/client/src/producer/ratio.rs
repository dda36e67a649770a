//! How well a topic's records compress, as far as is known.

use std::sync::atomic::{AtomicU32, Ordering};

/// Compressed bytes for each 1000 before compression: quick to fear the worst, slow to hope for better.
#[derive(Debug)]
pub(super) struct Ratio(AtomicU32);

impl Ratio {
    const ONE: u32 = 1000;
    const WORSE: u32 = 50;
    const BETTER: u32 = 5;

    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(Self::ONE))
    }

    /// Takes the outcome of a batch.
    pub(super) fn observe(&self, uncompressed: usize, compressed: usize) {
        let observed = (compressed as u64 * u64::from(Self::ONE) / (uncompressed as u64).max(1)) as u32;
        let before = self.0.load(Ordering::Relaxed);
        let after = if observed > before {
            observed.max(before + Self::WORSE)
        } else {
            observed.max(before.saturating_sub(Self::BETTER))
        };
        self.0.store(after.clamp(1, 2 * Self::ONE), Ordering::Relaxed);
    }

    /// Forgets what it was when a batch came out larger than the broker takes.
    pub(super) fn reset(&self) {
        self.0.fetch_max(Self::ONE, Ordering::Relaxed);
    }

    /// Bytes before compression that make about so many, with a little to spare.
    pub(super) fn before_compression(&self, compressed: usize) -> usize {
        let ratio = u64::from(self.0.load(Ordering::Relaxed)) * 105 / 100;
        (compressed as u64 * u64::from(Self::ONE) / ratio.max(1)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hope_grows_slowly_and_fear_quickly() {
        let ratio = Ratio::new();
        assert_eq!(ratio.before_compression(1050), 1000);
        (0..100).for_each(|_| ratio.observe(1000, 250));
        assert_eq!(ratio.before_compression(1050), 2000);
        (0..100).for_each(|_| ratio.observe(1000, 250));
        assert_eq!(ratio.before_compression(1050), 4007);
        ratio.observe(1000, 260);
        assert_eq!(ratio.before_compression(1050), 3333);
        ratio.observe(1000, 900);
        assert_eq!(ratio.before_compression(945), 1000);
        ratio.reset();
        assert_eq!(ratio.before_compression(1050), 1000);
    }
}
