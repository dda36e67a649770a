//! The files of a partition, read by hand: what is really there, whatever the log believes.

use std::path::{Path, PathBuf};

use ottla_io::sim::SimDisk;
use ottla_io::{Disk, EntryKind};

use super::batch::Batch;
use super::producers::Producers;
use super::truth::Truth;

/// Files are small here; a larger one is a failure in itself.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// One segment as its files tell it.
#[derive(Debug)]
pub(super) struct SegmentFiles {
    pub(super) base: i64,
    log: Vec<u8>,
    index: Option<Vec<u8>>,
    time_index: Option<Vec<u8>>,
    transaction_index: Option<Vec<u8>>,
    /// Number of each batch in the truth, and where it begins in the log file.
    pub(super) batches: Vec<(usize, u64)>,
}

/// Reads a partition's directory. Files that do not belong there, or not without others, are an
/// error, but those of the suffix `.deleted` if some wait to be removed.
pub(super) fn read(
    disk: &SimDisk,
    dir: &Path,
    log_end: i64,
    deleted_allowed: bool,
) -> Result<Vec<SegmentFiles>, String> {
    let entries = disk.list(dir).map_err(|error| format!("cannot list the directory: {error}"))?;
    let mut segments: Vec<SegmentFiles> = Vec::new();
    let mut attached = Vec::new();
    for entry in entries {
        if entry.kind != EntryKind::File {
            return Err(format!("stray directory {}", entry.name));
        }
        if is_small_text_file(&entry.name) || (deleted_allowed && entry.name.ends_with(".deleted")) {
            continue;
        }
        let (base, suffix) = entry.name.split_once('.').unwrap_or((&entry.name, ""));
        let base = base.parse::<i64>().ok().filter(|_| base.len() == 20);
        let base = base.ok_or_else(|| format!("stray file {}", entry.name))?;
        let bytes = || {
            disk.read(&dir.join(&entry.name), FILE_BYTES_MAX)
                .map_err(|error| format!("cannot read {}: {error}", entry.name))
        };
        match suffix {
            "log" => segments.push(SegmentFiles {
                base,
                log: bytes()?,
                index: None,
                time_index: None,
                transaction_index: None,
                batches: Vec::new(),
            }),
            "index" | "timeindex" | "txnindex" => attached.push((base, suffix.to_owned(), bytes()?)),
            "snapshot" if base <= log_end => {}
            _ => return Err(format!("stray file {} in a log that ends at {log_end}", entry.name)),
        }
    }
    for (base, suffix, bytes) in attached {
        let segment = segments.iter_mut().find(|segment| segment.base == base);
        let segment = segment.ok_or_else(|| format!("{base}.{suffix} has no log file"))?;
        match suffix.as_str() {
            "index" => segment.index = Some(bytes),
            "timeindex" => segment.time_index = Some(bytes),
            _ => segment.transaction_index = Some(bytes),
        }
    }
    Ok(segments)
}

/// Base offsets of the segments there.
pub(super) fn segment_bases(disk: &SimDisk, dir: &Path) -> Vec<i64> {
    let entries = disk.list(dir).unwrap_or_default();
    entries.iter().filter_map(|entry| entry.name.strip_suffix(".log")?.parse().ok()).collect()
}

/// Where a batch is: its log file and the position in it.
pub(super) fn find(disk: &SimDisk, dir: &Path, batch: &Batch) -> Option<(PathBuf, u64)> {
    let entries = disk.list(dir).ok()?;
    entries.iter().filter(|entry| entry.name.ends_with(".log")).find_map(|entry| {
        let path = dir.join(&entry.name);
        let bytes = disk.read(&path, FILE_BYTES_MAX).ok()?;
        let position = bytes.windows(batch.bytes.len()).position(|window| window == batch.bytes)?;
        Some((path, position as u64))
    })
}

/// What stands beside the segments. A temporary file is what an interrupted replacement leaves; the next one takes its
/// name.
fn is_small_text_file(name: &str) -> bool {
    let name = name.strip_suffix(".tmp").unwrap_or(name);
    matches!(name, "leader-epoch-checkpoint" | "partition.metadata")
}

impl SegmentFiles {
    /// Finds the truth's batches in the log file; anything else in it is an error.
    pub(super) fn match_batches(&mut self, truth: &Truth, zero_tail_allowed: bool) -> Result<(), String> {
        let mut position = 0;
        while position < self.log.len() {
            let rest = &self.log[position..];
            if zero_tail_allowed && rest.iter().all(|byte| *byte == 0) {
                break;
            }
            let (number, batch) = self.identify(rest, position, truth)?;
            self.batches.push((number, position as u64));
            position += batch.bytes.len();
        }
        Ok(())
    }

    fn identify<'t>(
        &self,
        rest: &[u8],
        position: usize,
        truth: &'t Truth,
    ) -> Result<(usize, &'t Batch), String> {
        let place = format!("segment {} at position {position}", self.base);
        let Some(base) = rest.first_chunk() else {
            return Err(format!("{place}: {} bytes are no batch", rest.len()));
        };
        let base = i64::from_be_bytes(*base);
        let number = truth.batches.partition_point(|batch| batch.base < base);
        match truth.batches.get(number) {
            Some(batch) if batch.base == base && rest.starts_with(&batch.bytes) => Ok((number, batch)),
            Some(batch) if batch.base == base => {
                Err(format!("{place}: batch {base} has other bytes than were appended"))
            }
            _ => Err(format!("{place}: batch {base} was never appended, or has been cut off since")),
        }
    }

    pub(super) fn largest_timestamp(&self, truth: &Truth) -> i64 {
        self.batches.iter().map(|(number, _)| truth.batches[*number].max_timestamp()).max().unwrap_or(-1)
    }

    /// Checks what the index files hold. Nothing may be held back in memory.
    pub(super) fn check_indexes(&self, truth: &Truth, is_active: bool) -> Result<(), String> {
        let place = |error| format!("segment {}: {error}", self.base);
        self.check_offset_index(truth).map_err(place)?;
        self.check_time_index(truth, is_active).map_err(place)?;
        self.check_transaction_index(truth).map_err(place)
    }

    fn check_offset_index(&self, truth: &Truth) -> Result<(), String> {
        let bytes = self.index.as_deref().ok_or("there is no offset index")?;
        let mut previous = None;
        for (slot, entry) in entries::<8>(bytes, "offset index")?.enumerate() {
            let offset = self.base + i64::from(be_i32(&entry[..4]));
            let position = be_i32(&entry[4..]) as u64;
            let is_batch =
                |(number, at): &(usize, u64)| *at == position && truth.batches[*number].last() == offset;
            if !self.batches.iter().any(is_batch) {
                return Err(format!(
                    "offset index entry {slot} says offset {offset} ends a batch at {position}, none does"
                ));
            }
            if previous.is_some_and(|previous| previous >= (offset, position)) {
                return Err(format!(
                    "offset index entry {slot} ({offset}, {position}) is not above the one before"
                ));
            }
            previous = Some((offset, position));
        }
        Ok(())
    }

    fn check_time_index(&self, truth: &Truth, is_active: bool) -> Result<(), String> {
        let bytes = self.time_index.as_deref().ok_or("there is no time index")?;
        let mut last = (-1, self.base);
        for (slot, entry) in entries::<12>(bytes, "time index")?.enumerate() {
            let timestamp = be_i64(&entry[..8]);
            let offset = self.base + i64::from(be_i32(&entry[8..]));
            if slot > 0 && (timestamp <= last.0 || offset < last.1) {
                return Err(format!("time index entry {slot} ({timestamp}, {offset}) is not above {last:?}"));
            }
            last = (timestamp, offset);
            let batches = || self.batches.iter().map(|(number, _)| &truth.batches[*number]);
            if !batches().any(|batch| batch.last() == offset && batch.max_timestamp() == timestamp) {
                return Err(format!(
                    "time index entry {slot} says a batch ends at {offset} with time {timestamp}, none does"
                ));
            }
            if batches().any(|batch| batch.last() < offset && batch.max_timestamp() > timestamp) {
                return Err(format!(
                    "time index entry {slot} ({timestamp}, {offset}) has a larger time before it"
                ));
            }
        }
        let largest = self.largest_timestamp(truth);
        if !is_active && !self.batches.is_empty() && last.0 != largest {
            return Err(format!(
                "time index ends at time {}, but the closed segment's largest is {largest}",
                last.0
            ));
        }
        Ok(())
    }

    fn check_transaction_index(&self, truth: &Truth) -> Result<(), String> {
        let bytes = self.transaction_index.as_deref().unwrap_or_default();
        let mut found = Vec::new();
        for entry in entries::<34>(bytes, "transaction index")? {
            if entry[..2] != [0, 0] {
                return Err(format!("transaction index entry of version {:?}", &entry[..2]));
            }
            let [producer_id, first, marker, last_stable] =
                [2, 10, 18, 26].map(|at| be_i64(&entry[at..at + 8]));
            found.push(AbortFound { producer_id, first, marker, last_stable });
        }
        let (Some(first), Some(last)) = (self.batches.first(), self.batches.last()) else {
            return if found.is_empty() { Ok(()) } else { Err(format!("an empty segment aborts {found:?}")) };
        };
        check_aborts(&found, truth, truth.batches[first.0].base, truth.batches[last.0].next())
    }
}

/// An aborted transaction as the log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AbortFound {
    pub(super) producer_id: i64,
    pub(super) first: i64,
    pub(super) marker: i64,
    pub(super) last_stable: i64,
}

/// Checks the aborted transactions whose markers are between two offsets.
///
/// A log that began to replay after the beginning of a transaction knows another first offset of it, or does not know
/// it; so each entry must be true of one of the replays there were, and be there if all of them say so.
pub(super) fn check_aborts(found: &[AbortFound], truth: &Truth, from: i64, to: i64) -> Result<(), String> {
    if !found.is_sorted_by(|a, b| a.marker < b.marker) {
        return Err(format!("aborted transactions out of order: {found:?}"));
    }
    if truth.has_hole {
        return Ok(());
    }
    let told: Vec<Vec<AbortFound>> = truth
        .replays
        .iter()
        .map(|replay| {
            let aborted = Producers::replay(&truth.batches, *replay).aborted.into_iter();
            aborted
                .filter(|abort| (from..to).contains(&abort.marker))
                .map(|abort| AbortFound {
                    producer_id: abort.producer_id,
                    first: abort.first,
                    marker: abort.marker,
                    last_stable: abort.last_stable,
                })
                .collect()
        })
        .collect();
    if let Some(wrong) = found.iter().find(|abort| !told.iter().any(|told| told.contains(abort))) {
        return Err(format!("aborted transaction {wrong:?} never was; known are {told:?}"));
    }
    let missing =
        |abort: &&AbortFound| told.iter().all(|told| told.contains(abort)) && !found.contains(abort);
    match told.first().and_then(|told| told.iter().find(missing)) {
        Some(missing) => Err(format!("aborted transaction {missing:?} is missing from {found:?}")),
        None => Ok(()),
    }
}

fn entries<'a, const LEN: usize>(
    bytes: &'a [u8],
    what: &str,
) -> Result<impl Iterator<Item = &'a [u8; LEN]>, String> {
    let (entries, rest) = bytes.as_chunks::<LEN>();
    if rest.is_empty() {
        Ok(entries.iter())
    } else {
        Err(format!("{what} of {} bytes ends in half an entry", bytes.len()))
    }
}

fn be_i32(bytes: &[u8]) -> i32 {
    bytes.iter().fold(0, |value, byte| value << 8 | i32::from(*byte))
}

fn be_i64(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0, |value, byte| value << 8 | i64::from(*byte))
}
