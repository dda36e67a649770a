//! What was found wrong, told when all files are done.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::java::{HashMap, JavaFile};

/// What was found, by file.
#[derive(Debug, Default)]
pub(super) struct Findings {
    index_mismatches: PerFile<BTreeMap<i64, i64>>,
    timestamp_mismatches: PerFile<Vec<(i64, i64)>>,
    timestamps_out_of_order: PerFile<Vec<(i64, i64)>>,
    offsets_not_found: PerFile<Vec<(i64, i64)>>,
    gaps: PerFile<BTreeMap<i64, i64>>,
}

impl Findings {
    /// An entry of an offset index points to a batch with another last offset.
    pub(super) fn index_mismatch(&mut self, file: &JavaFile, index_offset: i64, log_offset: i64) {
        self.index_mismatches.of(file).insert(index_offset, log_offset);
    }

    /// An entry of a time index has another timestamp than the batch's highest.
    pub(super) fn timestamp_mismatch(&mut self, file: &JavaFile, index_timestamp: i64, log_timestamp: i64) {
        self.timestamp_mismatches.of(file).push((index_timestamp, log_timestamp));
    }

    /// An entry of a time index is no later than the one before it.
    pub(super) fn timestamp_out_of_order(&mut self, file: &JavaFile, timestamp: i64, previous: i64) {
        self.timestamps_out_of_order.of(file).push((timestamp, previous));
    }

    /// An entry of a time index has an offset that is no batch's last; -1 stands for no batch at all.
    pub(super) fn offset_not_found(&mut self, file: &JavaFile, index_offset: i64, log_offset: i64) {
        self.offsets_not_found.of(file).push((index_offset, log_offset));
    }

    /// A record's offset is not the next after the one before it.
    pub(super) fn non_consecutive(&mut self, file: &JavaFile, previous: i64, offset: i64) {
        self.gaps.of(file).insert(previous, offset);
    }

    pub(super) fn write(&self, err: &mut dyn Write) -> io::Result<()> {
        self.index_mismatches.each(|file, mismatches| {
            writeln!(err, "Mismatches in :{file}")?;
            mismatches
                .iter()
                .rev()
                .try_for_each(|(index, log)| writeln!(err, "  Index offset: {index}, log offset: {log}"))
        })?;
        self.timestamp_mismatches.each(|file, mismatches| {
            writeln!(err, "Found timestamp mismatch in :{file}")?;
            mismatches.iter().try_for_each(|(index, log)| {
                writeln!(err, "  Index timestamp: {index}, log timestamp: {log}")
            })
        })?;
        self.timestamps_out_of_order.each(|file, pairs| {
            writeln!(err, "Found out of order timestamp in :{file}")?;
            pairs.iter().try_for_each(|(timestamp, previous)| {
                writeln!(err, "  Index timestamp: {timestamp}, Previously indexed timestamp: {previous}")
            })
        })?;
        self.offsets_not_found.each(|file, pairs| {
            writeln!(err, "The following indexed offsets are not found in :{file}")?;
            pairs.iter().try_for_each(|(index, log)| {
                writeln!(err, "Indexed offset: {index}, found log offset: {log}")
            })
        })?;
        self.gaps.each(|file, gaps| {
            writeln!(err, "Non-consecutive offsets in {file}")?;
            gaps.iter()
                .try_for_each(|(previous, offset)| writeln!(err, "  {previous} is followed by {offset}"))
        })
    }
}

/// Findings of one kind, which Kafka keeps by the files' absolute paths and tells in its map's order.
#[derive(Debug)]
struct PerFile<T>(HashMap<T>);

impl<T> Default for PerFile<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T: Default> PerFile<T> {
    fn of(&mut self, file: &JavaFile) -> &mut T {
        self.0.get_or_insert(file.absolute())
    }

    fn each(&self, mut write: impl FnMut(&str, &T) -> io::Result<()>) -> io::Result<()> {
        self.0.iter().try_for_each(|(file, found)| write(file, found))
    }
}
