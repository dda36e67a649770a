//! The segments of a log, by base offset.

use std::ops::Range;

use ottla_record::Offset;

use crate::segment::Segment;

/// The segments, ascending. There is always one; the last is the active one, which takes the appends.
#[derive(Debug)]
pub(super) struct Segments {
    list: Vec<Segment>,
}

impl Segments {
    /// # Panics
    ///
    /// If there is none, or they do not ascend.
    pub(super) fn new(list: Vec<Segment>) -> Self {
        assert!(!list.is_empty(), "a log has at least one segment");
        assert!(list.is_sorted_by(|a, b| a.base_offset() < b.base_offset()), "segments out of order");
        Self { list }
    }

    pub(super) fn active(&self) -> &Segment {
        self.list.last().expect("a log has at least one segment")
    }

    pub(super) fn active_mut(&mut self) -> &mut Segment {
        self.list.last_mut().expect("a log has at least one segment")
    }

    pub(super) fn first(&self) -> &Segment {
        &self.list[0]
    }

    pub(super) fn as_slice(&self) -> &[Segment] {
        &self.list
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [Segment] {
        &mut self.list
    }

    /// Number of the segment that holds `offset`, `None` below the first.
    pub(super) fn floor(&self, offset: Offset) -> Option<usize> {
        self.list.partition_point(|segment| segment.base_offset() <= offset).checked_sub(1)
    }

    /// Makes `segment` the active one.
    pub(super) fn push(&mut self, segment: Segment) {
        assert!(segment.base_offset() > self.active().base_offset(), "segments out of order");
        self.list.push(segment);
    }

    /// Takes out the first `count` segments, never all.
    pub(super) fn split_off_oldest(&mut self, count: usize) -> Vec<Segment> {
        assert!(count < self.list.len(), "a log has at least one segment");
        self.list.drain(..count).collect()
    }

    /// Takes out the segments from number `first` on, never all.
    pub(super) fn split_off_newest(&mut self, first: usize) -> Vec<Segment> {
        assert!(first > 0, "a log has at least one segment");
        self.list.split_off(first)
    }

    /// Puts one segment in the place of some, which are returned; the active one is never among them.
    pub(super) fn replace(&mut self, replaced: Range<usize>, segment: Segment) -> Vec<Segment> {
        assert!(!replaced.is_empty() && replaced.end < self.list.len(), "the active segment stays");
        assert_eq!(self.list[replaced.start].base_offset(), segment.base_offset(), "segments out of order");
        self.list.splice(replaced, [segment]).collect()
    }

    /// Puts one segment in the place of all.
    pub(super) fn replace_all(&mut self, segment: Segment) {
        self.list.clear();
        self.list.push(segment);
    }

    /// Base offset of the segment after number `index`.
    pub(super) fn base_offset_after(&self, index: usize) -> Option<Offset> {
        self.list.get(index + 1).map(Segment::base_offset)
    }

    /// Bytes of batches in all segments.
    pub(super) fn size(&self) -> u64 {
        self.list.iter().map(|segment| u64::from(segment.size())).sum()
    }
}
