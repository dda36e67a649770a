//! Murmur2 as Kafka's clients compute it, so that all send a key to the same partition.

const SEED: u32 = 0x9747_b28c;
const MULTIPLIER: u32 = 0x5bd1_e995;
const SHIFT: u32 = 24;

/// The hash, as Java's signed number.
pub fn murmur2(data: &[u8]) -> i32 {
    let mut hash = SEED ^ data.len() as u32;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut word = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        word ^= word >> SHIFT;
        hash = hash.wrapping_mul(MULTIPLIER) ^ word.wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |tail, byte| tail << 8 | u32::from(*byte));
        hash = (hash ^ tail).wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    (hash ^ hash >> 15) as i32
}

/// The partition that a key goes to, of so many.
///
/// # Panics
///
/// If there are none.
pub fn partition_of_key(key: &[u8], partitions: usize) -> i32 {
    let hash = (murmur2(key) & i32::MAX) as usize;
    (hash % partitions) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by Kafka's own function.
    #[test]
    fn hashes_are_kafkas() {
        for (data, hash) in [
            (&b"21"[..], -973_932_308),
            (b"foobar", -790_332_482),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            (b"abc", 479_470_107),
        ] {
            assert_eq!(murmur2(data), hash);
        }
    }

    #[test]
    fn partitions_are_never_negative() {
        assert_eq!(partition_of_key(b"21", 1000), ((-973_932_308_i64) & 0x7fff_ffff) as i32 % 1000);
        assert!((0..1000).all(|n: i32| (0..7).contains(&partition_of_key(&n.to_be_bytes(), 7))));
    }
}
