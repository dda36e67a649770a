//! What somebody may have meant by an unknown name.

/// The candidate nearest to a name, if it is near enough to be a slip of the pen.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 6).clamp(1, 3);
    candidates
        .filter_map(|candidate| distance(name, candidate, limit).map(|distance| (distance, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits that turn one text into the other (a letter more, less, changed, or two swapped); none above the limit.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let changed = last[j] + usize::from(from != to);
            let mut edits = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *from == b[j - 1] && a[i - 1] == *to {
                edits = edits.min(before_last[j - 1] + 1);
            }
            row.push(edits);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    Some(last[b.len()]).filter(|edits| *edits <= limit)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_understood_and_strangers_are_not() {
        let names = ["log.dirs", "log.dir", "log.retention.hours", "num.partitions"];
        let nearest = |name| nearest(name, names.into_iter());
        assert_eq!(nearest("log.drs"), Some("log.dirs"));
        assert_eq!(nearest("log.retention.huors"), Some("log.retention.hours"));
        assert_eq!(nearest("num.partition"), Some("num.partitions"));
        assert_eq!(nearest("zookeeper.connect"), None);
    }
}
