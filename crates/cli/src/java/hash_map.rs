//! The order in which `java.util.HashMap` iterates, which Kafka's tools show when they print one.

/// Buckets of a map with a first key.
const BUCKETS_MIN: usize = 16;

/// A map by text, filled the way of `computeIfAbsent`.
///
/// Java has buckets by the low bits of a spread hash. This way of filling puts new keys at the front of their bucket, and doubles
/// the buckets when a key is asked for, known or not, while the map is more than three quarters full; doubling keeps the order within
/// a bucket. (Nine keys in one bucket would become a tree; that takes thousands of keys or an attack.)
#[derive(Clone, Debug)]
pub(crate) struct HashMap<T> {
    /// In the order of insertion.
    entries: Vec<(String, T)>,
    buckets: usize,
}

impl<T> Default for HashMap<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), buckets: BUCKETS_MIN }
    }
}

impl<T: Default> HashMap<T> {
    /// The value of `key`, a new one if there is none. Keys asked for again soon are found soonest.
    pub(crate) fn get_or_insert(&mut self, key: String) -> &mut T {
        if self.entries.len() > self.buckets / 4 * 3 {
            self.buckets *= 2;
        }
        let place = match self.entries.iter().rposition(|(known, _)| *known == key) {
            Some(place) => place,
            None => {
                self.entries.push((key, T::default()));
                self.entries.len() - 1
            }
        };
        &mut self.entries[place].1
    }

    /// Keys and values in Java's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        let bucket = |key: &str| spread(hash_code(key)) as usize & (self.buckets - 1);
        let mut entries: Vec<_> =
            self.entries.iter().rev().map(|(key, value)| (bucket(key), key.as_str(), value)).collect();
        entries.sort_by_key(|(bucket, ..)| *bucket);
        entries.into_iter().map(|(_, key, value)| (key, value))
    }
}

/// Puts entries with different keys, in the order in which they are put into a new map, into the order in which the map iterates.
///
/// `capacity` is what the map was made for, 16 if nothing was said. Other than with [`HashMap`], keys come last in their bucket.
/// `hash` is Java's hash of an entry's key.
pub(crate) fn sort_as_map<T>(entries: &mut [T], capacity: usize, hash: impl Fn(&T) -> u32) {
    let mut buckets = capacity.max(1).next_power_of_two();
    while entries.len() > buckets * 3 / 4 {
        buckets *= 2;
    }
    entries.sort_by_key(|entry| spread(hash(entry)) as usize & (buckets - 1));
}

/// The same for a map that is made as a copy of another, whose order the entries have.
pub(crate) fn sort_as_copied_map<T>(entries: &mut [T], hash: impl Fn(&T) -> u32) {
    let capacity = entries.len() * 4 / 3 + 1;
    sort_as_map(entries, capacity, hash);
}

/// The hash of a partition.
pub(crate) fn hash_of_partition(topic: &str, partition: i32) -> u32 {
    const PRIME: u32 = 31;
    PRIME.wrapping_mul(PRIME.wrapping_add(partition as u32)).wrapping_add(hash_code(topic))
}

/// What a map has room for unless something else was said.
pub(crate) const CAPACITY: usize = BUCKETS_MIN;

const fn spread(hash: u32) -> u32 {
    hash ^ (hash >> 16)
}

/// The hash of a text.
pub(crate) fn hash_code(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(keys: &[&str]) -> Vec<String> {
        let mut map = HashMap::<()>::default();
        for key in keys {
            map.get_or_insert((*key).to_owned());
        }
        map.iter().map(|(key, ())| key.to_owned()).collect()
    }

    #[test]
    fn hashes_are_javas() {
        assert_eq!(hash_code(""), 0);
        assert_eq!(hash_code("hello"), 99_162_322);
        assert_eq!(hash_code("polygenelubricants"), i32::MIN as u32);
    }

    #[test]
    fn order_is_by_bucket_then_latest_first() {
        assert_eq!(order(&["c", "b", "a"]), ["a", "b", "c"]);
        // The hashes of the two are equal.
        assert_eq!(order(&["BB", "Aa"]), ["Aa", "BB"]);
        assert_eq!(order(&["Aa", "BB"]), ["BB", "Aa"]);
    }

    #[test]
    fn grows_when_asked_while_too_full() {
        // The hash of "p" is 112, which 16 buckets have before those of "a", 97, and 32 buckets behind.
        let thirteen = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "p"];
        assert_eq!(order(&thirteen)[0], "p");
        let again = [&thirteen[..], &["p"]].concat();
        assert_eq!(order(&again)[0], "a");
    }

    #[test]
    fn a_map_made_for_few_has_few_buckets() {
        let sorted = |capacity: usize, keys: &[&str]| {
            let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            sort_as_map(&mut keys, capacity, |key| hash_code(key));
            keys
        };
        // "d" is 100: the first of four buckets, the fifth of 16.
        assert_eq!(sorted(3, &["a", "b", "d"]), ["d", "a", "b"]);
        assert_eq!(sorted(16, &["a", "b", "d"]), ["a", "b", "d"]);
        // "Aa" and "BB" share a bucket, and stay in the order in which they came.
        assert_eq!(sorted(16, &["BB", "Aa"]), ["BB", "Aa"]);
    }
}
