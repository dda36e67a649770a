//! How a segment comes and goes.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use ottla_io::{Disk, DiskFile};
use ottla_record::{Offset, Timestamp};

use super::{CreateSegment, FoundSegment, LogFile, Segment, SegmentConfig, SegmentFlush};
use crate::error::{CorruptIndexError, DiskError, SegmentError};
use crate::index::{OffsetIndex, TimeIndex, TransactionIndex};
use crate::paths::{FileKind, FileName, FileState};
use crate::place::Place;

impl Segment {
    /// Creates the log file and empty indexes.
    pub fn create(
        disk: &Arc<dyn Disk>,
        dir: &Arc<Path>,
        create: CreateSegment,
        config: SegmentConfig,
    ) -> Result<Self, DiskError> {
        let CreateSegment { base_offset, state, preallocate, now } = create;
        let place = |kind| {
            Place::new(Arc::clone(disk), Arc::clone(dir), FileName { offset: base_offset, kind, state })
        };
        let log = LogFile::create(place(FileKind::Log), preallocate)?;
        let mut offset_index = OffsetIndex::new(place(FileKind::OffsetIndex), config.index_bytes_max);
        let mut time_index = TimeIndex::new(place(FileKind::TimeIndex), config.index_bytes_max);
        let transaction_index = TransactionIndex::new(place(FileKind::TransactionIndex), false);
        offset_index.create()?;
        time_index.create()?;
        // One left behind by a segment of this offset would tell of transactions that are no longer there.
        transaction_index.remove()?;
        Ok(Self {
            base_offset,
            config,
            log,
            offset_index,
            time_index,
            transaction_index,
            created: now,
            modified: now,
            active: true,
            bytes_since_index_entry: 0,
            max_timestamp: OnceLock::new(),
            first_batch_timestamp: OnceLock::new(),
        })
    }

    /// Takes up a segment found in a listing, as one that appends go to. Touches no file: each is opened when first
    /// used.
    pub fn open(
        disk: &Arc<dyn Disk>,
        dir: &Arc<Path>,
        found: FoundSegment,
        config: SegmentConfig,
        now: Timestamp,
    ) -> Self {
        let FoundSegment { base_offset, state, log_len, modified, has_transaction_index } = found;
        let place = |kind| {
            Place::new(Arc::clone(disk), Arc::clone(dir), FileName { offset: base_offset, kind, state })
        };
        Self {
            base_offset,
            config,
            log: LogFile::found(place(FileKind::Log), log_len),
            offset_index: OffsetIndex::new(place(FileKind::OffsetIndex), config.index_bytes_max),
            time_index: TimeIndex::new(place(FileKind::TimeIndex), config.index_bytes_max),
            transaction_index: TransactionIndex::new(
                place(FileKind::TransactionIndex),
                has_transaction_index,
            ),
            created: now,
            modified,
            active: true,
            bytes_since_index_entry: 0,
            max_timestamp: OnceLock::new(),
            first_batch_timestamp: OnceLock::new(),
        }
    }

    /// Base offset: no record in the segment is below it.
    pub fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// Bytes of batches.
    pub fn size(&self) -> u32 {
        self.log.size()
    }

    /// The offset index.
    pub fn offset_index(&self) -> &OffsetIndex {
        &self.offset_index
    }

    /// The time index.
    pub fn time_index(&self) -> &TimeIndex {
        &self.time_index
    }

    /// The transaction index.
    pub fn transaction_index(&self) -> &TransactionIndex {
        &self.transaction_index
    }

    /// The log file, opened if it is not yet.
    pub fn file(&self) -> Result<&Arc<dyn DiskFile>, DiskError> {
        self.log.file()
    }

    /// The log file's path and name.
    pub fn log_place(&self) -> &Place {
        self.log.place()
    }

    /// Takes up a changed config.
    pub fn set_config(&mut self, config: SegmentConfig) {
        self.config = config;
        self.offset_index.set_bytes_max(config.index_bytes_max);
        self.time_index.set_bytes_max(config.index_bytes_max);
    }

    /// Checks what loading checks: that the offset index exists and the transaction index can be.
    ///
    /// # Errors
    ///
    /// [`SegmentError::Index`] if not; recovering the segment mends it.
    pub fn sanity_check(&self) -> Result<(), SegmentError> {
        let place = self.offset_index.place();
        if !place.exists()? {
            let what = "the file is missing".to_owned();
            return Err(SegmentError::Index(CorruptIndexError { path: place.path(), position: 0, what }));
        }
        Ok(self.transaction_index.sanity_check()?)
    }

    /// Closes the time index and cuts unused space, once a newer segment takes the appends.
    pub fn become_inactive(&mut self) -> Result<(), SegmentError> {
        let max = self.max_timestamp_and_offset()?;
        self.time_index.append_closing(max)?;
        self.offset_index.trim()?;
        self.time_index.trim()?;
        self.log.trim()?;
        self.active = false;
        Ok(())
    }

    /// Hands over what must be synced so that all batches are on stable storage, and, of a segment that is no longer
    /// appended to, the indexes too.
    pub fn prepare_flush(&mut self) -> Result<SegmentFlush, SegmentError> {
        let mut flush = SegmentFlush::default();
        let log = self.log.take_unsynced()?;
        flush.add(self.log.place(), log);
        if !self.active {
            self.add_indexes(&mut flush)?;
        }
        Ok(flush)
    }

    /// Brings to stable storage what [`Segment::prepare_flush`] names.
    pub fn flush(&mut self) -> Result<(), SegmentError> {
        Ok(self.prepare_flush()?.run()?)
    }

    /// Closes in good order: the closing time-index entry, unused space cut, all synced. A segment that was only read,
    /// or not even that, costs nothing.
    pub fn close(&mut self) -> Result<(), SegmentError> {
        if self.log.file_len() != u64::from(self.log.size()) {
            self.log.trim()?;
        }
        if let Some(max) = self.max_timestamp.get().copied() {
            self.time_index.append_closing(max)?;
        }
        if self.offset_index.is_open() {
            self.offset_index.trim()?;
        }
        if self.time_index.is_open() {
            self.time_index.trim()?;
        }
        let mut flush = SegmentFlush::default();
        let log = self.log.take_unsynced()?;
        flush.add(self.log.place(), log);
        self.add_indexes(&mut flush)?;
        flush.run()?;
        self.release()?;
        Ok(())
    }

    fn add_indexes(&mut self, flush: &mut SegmentFlush) -> Result<(), SegmentError> {
        let offset_index = self.offset_index.take_unsynced()?;
        flush.add(self.offset_index.place(), offset_index);
        let time_index = self.time_index.take_unsynced()?;
        flush.add(self.time_index.place(), time_index);
        let transaction_index = self.transaction_index.take_unsynced()?;
        flush.add(self.transaction_index.place(), transaction_index);
        Ok(())
    }

    /// Closes all files until they are needed again. What is not yet synced is still to be.
    pub fn release(&mut self) -> Result<(), DiskError> {
        self.log.release();
        self.release_indexes()
    }

    /// Closes the indexes until they are needed again: most partitions of a node are idle.
    pub fn release_indexes(&mut self) -> Result<(), DiskError> {
        self.offset_index.release()?;
        self.time_index.release()?;
        self.transaction_index.release();
        Ok(())
    }

    /// Gives all files the suffix of another state.
    pub fn change_state(&mut self, state: FileState) -> Result<(), DiskError> {
        self.log.place_mut().rename(state)?;
        self.offset_index.rename(state)?;
        self.time_index.rename(state)?;
        self.transaction_index.rename(state)?;
        Ok(())
    }

    /// Removes all files; missing ones are no error. The log file goes last, so that what a crash leaves is still
    /// known for a segment.
    pub fn remove(self) -> Result<(), DiskError> {
        self.offset_index.remove()?;
        self.time_index.remove()?;
        self.transaction_index.remove()?;
        self.log.place().remove()?;
        Ok(())
    }

    /// Follows the partition's directory to a new name.
    pub fn set_dir(&mut self, dir: &Arc<Path>) {
        self.log.place_mut().set_dir(Arc::clone(dir));
        self.offset_index.set_dir(Arc::clone(dir));
        self.time_index.set_dir(Arc::clone(dir));
        self.transaction_index.set_dir(Arc::clone(dir));
    }
}
