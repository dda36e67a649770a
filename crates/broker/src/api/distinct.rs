//! Each partition of a request once, under each topic once, as Kafka has them in maps.

use std::collections::HashMap;

/// The partitions of a topic, and the topic's name.
pub(super) type OfTopic<'a, P> = (&'a str, Vec<&'a P>);

/// The topics and partitions of a request in the order in which they are first named. Of a partition that is named more
/// than once the last is taken; a topic without partitions is left out.
pub(super) fn distinct<'a, P>(
    topics: impl Iterator<Item = (&'a str, &'a [P])>,
    index: impl Fn(&P) -> i32,
) -> Vec<OfTopic<'a, P>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut seen: HashMap<(usize, i32), usize> = HashMap::new();
    let mut merged: Vec<OfTopic<'a, P>> = Vec::new();
    for (name, partitions) in topics.filter(|(_, partitions)| !partitions.is_empty()) {
        let place = *places.entry(name).or_insert_with(|| {
            merged.push((name, Vec::with_capacity(partitions.len())));
            merged.len() - 1
        });
        for partition in partitions {
            let taken = &mut merged[place].1;
            match seen.insert((place, index(partition)), taken.len()) {
                None => taken.push(partition),
                Some(earlier) => {
                    taken[earlier] = partition;
                    seen.insert((place, index(partition)), earlier);
                }
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_each_partition_is_taken() {
        let topics: [(&str, &[(i32, char)]); 4] = [
            ("a", &[(0, 'x'), (1, 'x'), (0, 'y')]),
            ("b", &[]),
            ("c", &[(0, 'x')]),
            ("a", &[(1, 'z'), (2, 'z')]),
        ];
        let merged = distinct(topics.into_iter(), |partition| partition.0);
        assert_eq!(merged, [("a", vec![&(0, 'y'), &(1, 'z'), &(2, 'z')]), ("c", vec![&(0, 'x')])]);
    }
}
