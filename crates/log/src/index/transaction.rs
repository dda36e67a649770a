//! Transaction index: which transactions in a segment were aborted.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use ottla_io::{DiskFile, OpenMode};
use ottla_record::{Offset, ProducerId};

use crate::error::{CorruptIndexError, DiskError, IndexError, UnknownVersionError};
use crate::paths::FileState;
use crate::place::Place;

const ENTRY_LEN: usize = 34;
const VERSION: i16 = 0;
/// Entries read at once.
const BLOCK_ENTRIES: usize = 64;

/// A transaction that was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Its producer.
    pub producer_id: ProducerId,
    /// Its first record.
    pub first_offset: Offset,
    /// Its abort marker.
    pub last_offset: Offset,
    /// The last stable offset once the marker was written.
    pub last_stable_offset: Offset,
}

/// What a search for aborted transactions found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AbortedTransactions {
    /// Those that overlap the range, ordered by their markers.
    pub transactions: Vec<AbortedTransaction>,
    /// Whether no later segment can hold more of them.
    pub complete: bool,
}

/// The `.txnindex` file of a segment: the transactions whose abort markers are in it.
///
/// | bytes | field |
/// | --- | --- |
/// | 2 | version, 0 |
/// | 8 | producer id |
/// | 8 | offset of the first record |
/// | 8 | offset of the abort marker; grows from entry to entry |
/// | 8 | last stable offset once the marker was written |
///
/// The file is created with its first entry.
#[derive(Debug)]
pub struct TransactionIndex {
    place: Place,
    exists: bool,
    opened: OnceLock<Opened>,
    /// Whether the file has changed since it was last synced, be it open or not.
    dirty: bool,
}

#[derive(Debug)]
struct Opened {
    file: Arc<dyn DiskFile>,
    entries: u64,
}

impl TransactionIndex {
    /// The index at `place`, opened when first used; the caller knows from its listing whether there is one.
    pub fn new(place: Place, exists: bool) -> Self {
        Self { place, exists, opened: OnceLock::new(), dirty: false }
    }

    /// Whether no transaction was aborted here.
    pub fn is_empty(&self) -> Result<bool, IndexError> {
        Ok(self.opened()?.is_none_or(|opened| opened.entries == 0))
    }

    /// Adds a transaction.
    ///
    /// # Panics
    ///
    /// If its marker is not behind the last entry's.
    pub fn append(&mut self, transaction: &AbortedTransaction) -> Result<(), IndexError> {
        let last = self.last()?;
        let in_order = last.is_none_or(|last| last.last_offset < transaction.last_offset);
        assert!(in_order, "aborted transaction {transaction:?} behind {last:?}");
        if self.opened.get().is_none() {
            let file = self.place.open(OpenMode::Create)?;
            self.exists = true;
            self.opened = OnceLock::from(Opened { file, entries: 0 });
        }
        let place = &self.place;
        let opened = self.opened.get_mut().expect("opened above");
        self.dirty = true;
        opened
            .file
            .write_all_at(&transaction.encode(), opened.entries * ENTRY_LEN as u64)
            .map_err(|source| place.failed("append to", source))?;
        opened.entries += 1;
        Ok(())
    }

    /// The transactions that overlap the offsets from `fetch_offset` to below `upper_bound`.
    pub fn collect(
        &self,
        fetch_offset: Offset,
        upper_bound: Offset,
    ) -> Result<AbortedTransactions, IndexError> {
        let mut found = AbortedTransactions::default();
        self.for_each(|_, transaction| {
            if transaction.last_offset >= fetch_offset && transaction.first_offset < upper_bound {
                found.transactions.push(transaction);
            }
            found.complete = transaction.last_stable_offset >= upper_bound;
            Ok(!found.complete)
        })?;
        Ok(found)
    }

    /// All entries.
    pub fn all(&self) -> Result<Vec<AbortedTransaction>, IndexError> {
        let mut all = Vec::new();
        self.for_each(|_, transaction| {
            all.push(transaction);
            Ok(true)
        })?;
        Ok(all)
    }

    /// Drops the transactions whose markers are at or above `offset`.
    pub fn truncate_to(&mut self, offset: Offset) -> Result<(), IndexError> {
        let mut keep = 0;
        self.for_each(|_, transaction| {
            keep += u64::from(transaction.last_offset < offset);
            Ok(transaction.last_offset < offset)
        })?;
        self.cut_to(keep)
    }

    /// Drops all entries.
    pub fn reset(&mut self) -> Result<(), IndexError> {
        self.opened()?;
        self.cut_to(0)
    }

    /// Looks for entries of another version, markers below the base offset or out of order.
    pub fn sanity_check(&self) -> Result<(), IndexError> {
        let mut floor = self.place.name().offset;
        self.for_each(|slot, transaction| {
            if transaction.last_offset < floor {
                let what = format!("the marker's offset {} is below {floor}", transaction.last_offset);
                return Err(self.corrupt(slot, what).into());
            }
            floor = Offset(transaction.last_offset.0.saturating_add(1));
            Ok(true)
        })
    }

    /// Hands over the file if it must be synced.
    pub fn take_unsynced(&mut self) -> Result<Option<Arc<dyn DiskFile>>, DiskError> {
        if !self.dirty {
            return Ok(None);
        }
        let file = match self.opened.get() {
            Some(opened) => Arc::clone(&opened.file),
            None => self.place.open(OpenMode::Write)?,
        };
        self.dirty = false;
        Ok(Some(file))
    }

    /// Closes the file until it is needed again.
    pub fn release(&mut self) {
        self.opened.take();
    }

    /// Gives the file another suffix.
    pub fn rename(&mut self, state: FileState) -> Result<bool, DiskError> {
        self.place.rename(state)
    }

    /// Removes the file.
    pub fn remove(&self) -> Result<bool, DiskError> {
        self.place.remove()
    }

    /// Follows the partition's directory to a new name.
    pub fn set_dir(&mut self, dir: Arc<Path>) {
        self.place.set_dir(dir);
    }

    /// The index's file.
    pub fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn last(&self) -> Result<Option<AbortedTransaction>, IndexError> {
        let Some(opened) = self.opened()? else { return Ok(None) };
        let Some(slot) = opened.entries.checked_sub(1) else { return Ok(None) };
        let mut entry = [0; ENTRY_LEN];
        self.read(opened, &mut entry, slot)?;
        Ok(Some(self.parse(slot, &entry)?))
    }

    fn cut_to(&mut self, entries: u64) -> Result<(), IndexError> {
        let place = &self.place;
        let Some(opened) = self.opened.get_mut() else { return Ok(()) };
        let len = entries * ENTRY_LEN as u64;
        self.dirty = true;
        opened.file.set_len(len).map_err(|source| place.failed("cut", source))?;
        opened.entries = entries;
        Ok(())
    }

    fn for_each(
        &self,
        mut visit: impl FnMut(u64, AbortedTransaction) -> Result<bool, IndexError>,
    ) -> Result<(), IndexError> {
        let Some(opened) = self.opened()? else { return Ok(()) };
        let mut block = [0; BLOCK_ENTRIES * ENTRY_LEN];
        let mut slot = 0;
        while slot < opened.entries {
            let count = (opened.entries - slot).min(BLOCK_ENTRIES as u64);
            let block = &mut block[..count as usize * ENTRY_LEN];
            self.read(opened, block, slot)?;
            let (entries, _) = block.as_chunks::<ENTRY_LEN>();
            for entry in entries {
                if !visit(slot, self.parse(slot, entry)?)? {
                    return Ok(());
                }
                slot += 1;
            }
        }
        Ok(())
    }

    fn opened(&self) -> Result<Option<&Opened>, IndexError> {
        if let Some(opened) = self.opened.get() {
            return Ok(Some(opened));
        }
        if !self.exists {
            return Ok(None);
        }
        let file = self.place.open(OpenMode::Create)?;
        let len = file.len().map_err(|source| self.place.failed("take the length of", source))?;
        let opened = Opened { file, entries: len / ENTRY_LEN as u64 };
        Ok(Some(self.opened.get_or_init(|| opened)))
    }

    fn read(&self, opened: &Opened, bytes: &mut [u8], slot: u64) -> Result<(), DiskError> {
        opened
            .file
            .read_exact_at(bytes, slot * ENTRY_LEN as u64)
            .map_err(|source| self.place.failed("read", source))
    }

    fn parse(&self, slot: u64, entry: &[u8; ENTRY_LEN]) -> Result<AbortedTransaction, IndexError> {
        let (transaction, version) = AbortedTransaction::decode(entry);
        if version == VERSION {
            return Ok(transaction);
        }
        if version > VERSION {
            let (found, supported) = (i64::from(version), i64::from(VERSION));
            return Err(UnknownVersionError { path: self.place.path(), found, supported }.into());
        }
        Err(self.corrupt(slot, format!("version {version}")).into())
    }

    fn corrupt(&self, slot: u64, what: String) -> CorruptIndexError {
        CorruptIndexError { path: self.place.path(), position: slot * ENTRY_LEN as u64, what }
    }
}

impl AbortedTransaction {
    fn encode(&self) -> [u8; ENTRY_LEN] {
        let mut entry = [0; ENTRY_LEN];
        let fields = [self.producer_id.0, self.first_offset.0, self.last_offset.0, self.last_stable_offset.0];
        entry[..2].copy_from_slice(&VERSION.to_be_bytes());
        let (slots, _) = entry[2..].as_chunks_mut::<8>();
        for (slot, field) in slots.iter_mut().zip(fields) {
            *slot = field.to_be_bytes();
        }
        entry
    }

    fn decode(entry: &[u8; ENTRY_LEN]) -> (Self, i16) {
        let (slots, _) = entry[2..].as_chunks::<8>();
        let field = |n: usize| i64::from_be_bytes(slots[n]);
        let transaction = Self {
            producer_id: ProducerId(field(0)),
            first_offset: Offset(field(1)),
            last_offset: Offset(field(2)),
            last_stable_offset: Offset(field(3)),
        };
        (transaction, i16::from_be_bytes([entry[0], entry[1]]))
    }
}
