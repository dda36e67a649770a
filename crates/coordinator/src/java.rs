//! Hashes of Java that others rely on.

/// Java's `String.hashCode`: over UTF-16 code units.
pub fn string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The partition, of so many, that holds a group in `__consumer_offsets` or a transactional id in
/// `__transaction_state`.
pub fn partition_for(id: &str, partitions: i32) -> i32 {
    let hash = string_hash(id);
    let positive = if hash == i32::MIN { 0 } else { hash.abs() };
    positive % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_hash_as_in_java() {
        assert_eq!(string_hash(""), 0);
        assert_eq!(string_hash("group"), 98_629_247);
        assert_eq!(string_hash("polygenelubricants"), i32::MIN);
    }

    #[test]
    fn every_id_has_a_partition() {
        assert_eq!(partition_for("group", 50), 98_629_247 % 50);
        assert_eq!(partition_for("polygenelubricants", 50), 0);
        assert!((0..50).contains(&partition_for("größe \u{1f600}", 50)));
    }
}
