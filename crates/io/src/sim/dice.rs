//! Where simulated chance comes from.

/// A stream of numbers from one seed (SplitMix64).
///
/// Written out here, not taken from a library, so that a seed found today still tells the same story after every
/// dependency has moved on.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        scramble(self.state)
    }

    /// A number from 0 to `bound - 1`.
    ///
    /// # Panics
    /// When `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number is below 0");
        ((u128::from(self.roll()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    ///
    /// # Panics
    /// When `low` is above `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "an empty range: {low} to {high}");
        match (high - low).checked_add(1) {
            Some(width) => low + self.below(width),
            None => self.roll(),
        }
    }

    /// True once in `n` times on average, never for 0.
    pub fn one_in(&mut self, n: u64) -> bool {
        n > 0 && self.below(n) == 0
    }

    /// One of `items`.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.roll().to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }

    /// A stream of its own, so that one part's use of chance does not shift another's.
    pub fn fork(&mut self) -> Self {
        Self::new(self.roll())
    }
}

/// A number that depends on both, for chance that must not depend on the order of asking.
pub(super) fn mix(seed: u64, value: u64) -> u64 {
    scramble(seed ^ value.wrapping_add(1).wrapping_mul(STEP))
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_a_seed_never_changes() {
        let mut dice = Dice::new(42);
        assert_eq!([dice.roll(), dice.roll()], [0xbdd7_3226_2feb_6e95, 0x28ef_e333_b266_f103]);
    }

    #[test]
    fn bounds_hold() {
        let mut dice = Dice::new(1);
        let mut seen = [false; 3];
        for _ in 0..100 {
            seen[dice.below(3) as usize] = true;
            assert!((5..=6).contains(&dice.between(5, 6)));
            assert!(!dice.one_in(0));
            assert!(dice.one_in(1));
        }
        assert_eq!(seen, [true; 3]);
        dice.between(0, u64::MAX);
    }
}
