//! The order in which `java.util.HashMap` iterates, which Kafka's tools show when they print one.

/// The places of `keys`, told in the order in which they were put into a map and all different, in the order in which the map
/// iterates.
///
/// A map has buckets by the low bits of a spread hash, and within a bucket keeps the order of insertion, also
/// when it grows. (Nine keys or more in one bucket would become a tree; that takes thousands of keys or an attack.)
pub(crate) fn iteration_order(keys: &[String]) -> Vec<usize> {
    let mask = capacity(keys.len()) - 1;
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|place| spread(hash_code(&keys[*place])) & mask);
    order
}

/// A map starts with 16 buckets and doubles them when they are three quarters full.
const fn capacity(len: usize) -> u32 {
    let mut capacity: u32 = 16;
    while len > capacity as usize / 4 * 3 {
        capacity *= 2;
    }
    capacity
}

const fn spread(hash: u32) -> u32 {
    hash ^ (hash >> 16)
}

fn hash_code(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(keys: &[&str]) -> Vec<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        iteration_order(&keys).into_iter().map(|place| keys[place].clone()).collect()
    }

    #[test]
    fn hashes_are_javas() {
        assert_eq!(hash_code(""), 0);
        assert_eq!(hash_code("hello"), 99_162_322);
        assert_eq!(hash_code("polygenelubricants"), i32::MIN as u32);
    }

    #[test]
    fn order_is_by_bucket_then_insertion() {
        assert_eq!(ordered(&["c", "b", "a"]), ["a", "b", "c"]);
        // The hashes of the two are equal.
        assert_eq!(ordered(&["BB", "Aa"]), ["BB", "Aa"]);
        assert_eq!(ordered(&["Aa", "BB"]), ["Aa", "BB"]);
        assert_eq!((capacity(12), capacity(13), capacity(25)), (16, 32, 64));
    }
}
