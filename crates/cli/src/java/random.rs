//! The numbers of Java's `SplittableRandom`, so that a seed makes the same data here as there.

const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Numbers that look like chance and follow from a seed.
#[derive(Debug, Clone)]
pub(crate) struct SplittableRandom {
    seed: u64,
}

impl SplittableRandom {
    pub(crate) const fn new(seed: i64) -> Self {
        Self { seed: seed as u64 }
    }

    /// The next number of 32 bits.
    fn next(&mut self) -> u32 {
        self.seed = self.seed.wrapping_add(GOLDEN_GAMMA);
        let mut bits = self.seed;
        bits = (bits ^ (bits >> 33)).wrapping_mul(0x62a9_d9ed_7997_05f5);
        bits = (bits ^ (bits >> 28)).wrapping_mul(0xcb24_d0a5_c88c_35b3);
        (bits >> 32) as u32
    }

    /// A number from 0 up to but without `bound`, which must not be 0.
    #[inline]
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let most = bound - 1;
        let mut bits = self.next();
        if bound & most == 0 {
            return bits & most;
        }
        // Numbers of the last, incomplete row would make the small ones likelier.
        loop {
            let half = bits >> 1;
            let number = half % bound;
            if half + most - number <= i32::MAX as u32 {
                return number;
            }
            bits = self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by Java 17.
    #[test]
    fn numbers_are_javas() {
        let mut random = SplittableRandom::new(0);
        let letters: String = (0..20).map(|_| char::from(b'A' + random.below(26) as u8)).collect();
        assert_eq!(letters, "YQHHNEBSEPDNSEIFGAMS");
        let mut random = SplittableRandom::new(42);
        let numbers: Vec<_> = (0..6).map(|n| random.below([10, 16, 1_500_000_000][n % 3])).collect();
        assert_eq!(numbers, [1, 9, 1_208_822_481, 2, 11, 1_274_364_071]);
    }
}
