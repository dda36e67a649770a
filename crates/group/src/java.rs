//! The order in which Java goes through a hash map.

use ottla_coordinator::string_hash;

/// Where a string comes in the iteration of Java's `HashMap` with so many entries: the index of its bucket.
///
/// Kafka breaks ties between protocols by that order, and two coordinators should not choose differently.
pub(crate) fn hash_map_bucket(text: &str, entries: usize) -> u32 {
    let hash = string_hash(text) as u32;
    let capacity = (entries as u32 * 4).div_ceil(3).next_power_of_two().max(16);
    (hash ^ hash >> 16) & (capacity - 1)
}
