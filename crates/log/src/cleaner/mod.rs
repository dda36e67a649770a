//! Log compaction: of each key only the last record stays.
//!
//! [`Cleanable`] says how much of a log could be cleaned and whether it should be. A [`Cleaner`] then works in rounds: it reads
//! the dirty part and notes the last offset of each key; it reads the log from its start to the end of the dirty part and
//! writes what is kept into new segments, several small ones into one; and it puts each new segment in the place of the old
//! ones. Offsets, order, timestamps, leader epochs and producers stay as they were:
//!
//! - a record stays if no later one of the round has its key; one above the round, and the last offset of the round, stay;
//! - a tombstone, and a marker of a transaction of which nothing is left, get a delete horizon with the first cleaning that
//!   meets them (KIP-534), `delete.retention.ms` away, and go with the first cleaning behind it;
//! - records of aborted transactions go at once, and a marker stays while records of its transaction do;
//! - the last batch of each producer that the log knows stays, if need be without records;
//! - a batch of which all records stay keeps its bytes; another is built anew in its codec.
//!
//! The log's lock is held to look and to rename, never to read or write records. Whatever happens to the log meanwhile makes
//! the round end with [`CleanError::Changed`]; a crash at any point leaves each group of segments as it was or cleaned. The
//! module keeps no time and starts no threads; the caller sets the pace.

mod candidate;
mod error;
mod filter;
mod grouping;
mod offset_map;
mod round;
mod stats;
mod transactions;

use std::ops::ControlFlow;

use ottla_record::{Offset, Timestamp};

pub use candidate::Cleanable;
pub use error::{CleanError, UncleanableError};
pub(crate) use filter::LastRecord;
pub use stats::CleanStats;

use crate::manager::{LogHandle, lock};
use filter::Scratch;
use offset_map::OffsetMap;
use round::Round;

/// Least bytes that are read or written at once.
const IO_BUFFER_MIN: usize = 4 << 10;

/// What a cleaner is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CleanerSettings {
    /// Memory for the map of keys, in bytes: `log.cleaner.dedupe.buffer.size` over the number of threads. 24 bytes a key.
    pub dedupe_buffer_bytes: usize,
    /// Share of that memory that is filled at most, from 0 to 1: `log.cleaner.io.buffer.load.factor`.
    pub load_factor: f64,
    /// Memory to read into, and as much again to write from, in bytes: half of `log.cleaner.io.buffer.size` over the number
    /// of threads. It grows for a batch that is longer.
    pub io_buffer_bytes: usize,
    /// Two random numbers that keep keys apart whose hashes somebody might guess.
    pub hash_key: [u64; 2],
}

/// Asked again and again while a cleaning reads and writes, with the bytes since it was last asked: it may take its time,
/// and it may stop the cleaning.
pub type Pace<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;

/// A log that was cleaned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cleaned {
    /// Where its dirty part begins now.
    pub clean_to: Offset,
    /// What was done.
    pub stats: CleanStats,
    pub(crate) segments_version: u64,
}

/// Cleans logs, one after the other, in memory of a fixed size.
#[derive(Debug)]
pub struct Cleaner {
    map: OffsetMap,
    scratch: Scratch,
    io_buffer_bytes: usize,
}

impl Cleaner {
    /// A cleaner. Its memory is taken when it is first needed.
    pub fn new(settings: &CleanerSettings) -> Self {
        Self {
            map: OffsetMap::new(settings.dedupe_buffer_bytes, settings.load_factor, settings.hash_key),
            scratch: Scratch::new(),
            io_buffer_bytes: settings.io_buffer_bytes.max(IO_BUFFER_MIN),
        }
    }

    /// Cleans a log once: all of its dirty part, or as much as the map of keys has room for.
    ///
    /// # Errors
    ///
    /// See [`CleanError`]. Groups of segments that were done before stay cleaned; where the dirty part begins is as before.
    pub fn clean(
        &mut self,
        handle: &LogHandle,
        cleanable: &Cleanable,
        now: Timestamp,
        pace: &mut Pace<'_>,
    ) -> Result<Cleaned, CleanError> {
        let mut round = Round {
            handle,
            cleanable,
            now,
            version: cleanable.segments_version,
            map: &mut self.map,
            scratch: &mut self.scratch,
            io_buffer_bytes: self.io_buffer_bytes,
            pace,
            stats: CleanStats::default(),
        };
        let result = round.run();
        let (version, stats) = (round.version, round.stats);
        self.map.release();
        self.scratch.shrink_to(self.io_buffer_bytes);
        match result {
            Ok(clean_to) => Ok(Cleaned { clean_to, stats, segments_version: version }),
            // What fails in a log that was changed under the cleaner says nothing about it.
            Err(_) if !lock(handle).has_segments_of(version) => Err(CleanError::Changed),
            Err(error) => Err(error),
        }
    }
}
