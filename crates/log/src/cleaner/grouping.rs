//! Which segments are cleaned into one.

use ottla_record::{Offset, Timestamp};

/// A segment that is to be cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) base_offset: Offset,
    /// Bytes of batches.
    pub(super) size: u64,
    /// Bytes of entries of the offset index.
    pub(super) offset_index_bytes: u64,
    /// Bytes of entries of the time index.
    pub(super) time_index_bytes: u64,
    pub(super) modified: Timestamp,
}

/// How large a cleaned segment may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupLimits {
    /// Most bytes of batches.
    pub(super) segment_bytes: u64,
    /// Most bytes of each index.
    pub(super) index_bytes: u64,
    /// Offset after the last one that may be cleaned.
    pub(super) end: Offset,
}

/// Puts segments together that fit into one even if nothing of them goes.
pub(super) fn group(sources: &[Source], limits: &GroupLimits) -> Vec<Vec<Source>> {
    let mut groups: Vec<Vec<Source>> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let next = sources.get(index + 1).map(|next| next.base_offset);
        match groups.last_mut() {
            Some(group) if fits(group, source, next, limits) => group.push(*source),
            _ => groups.push(vec![*source]),
        }
    }
    groups
}

fn fits(group: &[Source], source: &Source, next: Option<Offset>, limits: &GroupLimits) -> bool {
    let sum = |of: fn(&Source) -> u64| group.iter().map(of).sum::<u64>() + of(source);
    // Where the next segment begins is the sure bound of this one's offsets.
    let last_offset = next.unwrap_or(limits.end).0.saturating_sub(1);
    let reach = last_offset.saturating_sub(group[0].base_offset.0);
    sum(|source| source.size) <= limits.segment_bytes
        && sum(|source| source.offset_index_bytes) <= limits.index_bytes
        && sum(|source| source.time_index_bytes) <= limits.index_bytes
        && (source.size == 0 || reach <= i64::from(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(base_offset: i64, size: u64) -> Source {
        let base_offset = Offset(base_offset);
        Source { base_offset, size, offset_index_bytes: 8, time_index_bytes: 12, modified: Timestamp(0) }
    }

    fn bases(sources: &[Source], limits: &GroupLimits) -> Vec<Vec<i64>> {
        let bases = |group: Vec<Source>| group.iter().map(|source| source.base_offset.0).collect();
        group(sources, limits).into_iter().map(bases).collect()
    }

    const LIMITS: GroupLimits = GroupLimits { segment_bytes: 100, index_bytes: 1000, end: Offset(40) };

    #[test]
    fn by_size() {
        assert_eq!(bases(&[], &LIMITS), Vec::<Vec<i64>>::new());
        let sources = [source(0, 60), source(10, 40), source(20, 1), source(30, 100)];
        assert_eq!(bases(&sources, &LIMITS), [vec![0, 10], vec![20], vec![30]]);
        assert_eq!(bases(&[source(0, 500), source(10, 1)], &LIMITS), [[0], [10]]);
    }

    #[test]
    fn by_indexes() {
        let sources = [source(0, 1), source(10, 1), source(20, 1)];
        assert_eq!(bases(&sources, &GroupLimits { index_bytes: 24, ..LIMITS }), [vec![0, 10], vec![20]]);
        assert_eq!(bases(&sources, &GroupLimits { index_bytes: 36, ..LIMITS }), [[0, 10, 20]]);
    }

    #[test]
    fn by_reach() {
        let far = i64::from(i32::MAX);
        let end = |end| GroupLimits { end: Offset(end), ..LIMITS };
        assert_eq!(bases(&[source(0, 1), source(far, 1)], &end(far + 1)), [[0, far]]);
        assert_eq!(bases(&[source(0, 1), source(far, 1)], &end(far + 2)), [[0], [far]]);
        assert_eq!(
            bases(&[source(0, 1), source(10, 1), source(far + 2, 1)], &end(far + 9)),
            [vec![0], vec![10, far + 2],]
        );
        // Without batches a segment has no offsets to reach.
        assert_eq!(
            bases(&[source(0, 1), source(10, 0), source(far + 2, 0)], &end(far + 9)),
            [[0, 10, far + 2]]
        );
    }
}
