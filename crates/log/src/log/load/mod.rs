//! Opening a log: what is on the disk becomes a [`Log`] again.
//!
//! In order: interrupted work is finished or undone, segments are taken up, what a crash may have torn is checked and
//! cut, leader epochs are brought in line with the log, and producer state is loaded from its newest snapshot and the
//! records behind it.

mod files;
mod recover;
mod replay;
mod summary;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::{DirEntry, Disk};
use ottla_record::Offset;
use ottla_wire::Uuid;

pub use summary::{LoadSummary, LostFlushedRecords, OpenError, TopicIdMismatchError, TruncatedTail};

use super::Log;
use super::deletions::Deletions;
use super::error::StorageError;
use super::flush::{UnsyncedFiles, sync_dir};
use super::options::OpenOptions;
use super::segments::Segments;
use crate::error::{DiskError, SegmentError};
use crate::leader_epoch::LeaderEpochCache;
use crate::offsets::LogOffsetMetadata;
use crate::partition_metadata::{read_topic_id, write_topic_id};
use crate::paths::{FileName, FileState, PARTITION_METADATA, PartitionDir};
use crate::producer_state::ProducerStateManager;
use crate::segment::{CreateSegment, Segment};
use files::PartitionFiles;
use replay::Replay;

impl Log {
    /// Opens the log in `dir`, which is created if it is missing.
    ///
    /// Without a clean shutdown everything from the recovery point on is read and checked, and the log is cut behind the
    /// last batch that is whole.
    ///
    /// # Errors
    ///
    /// If the disk fails, the name of the directory is no partition's, or the directory belongs to another topic.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        options: &OpenOptions,
    ) -> Result<(Self, LoadSummary), OpenError> {
        let name = dir.file_name().and_then(|name| name.to_str()).and_then(PartitionDir::parse);
        let partition = name.ok_or_else(|| OpenError::Name(dir.to_owned()))?.partition;
        let dir: Arc<Path> = dir.into();

        let listing = list_or_create(&*disk, &dir)?;
        let topic_id = check_topic_id(&*disk, &dir, options.topic_id)?;
        let mut loader = Loader::new(disk, dir, options, listing)?;
        loader.load()?;

        let Loader {
            disk, dir, segments, leader_epochs, producers, log_end_offset, deletions, summary, ..
        } = loader;
        let segments = Segments::new(segments);
        let log_start_offset = options.log_start_offset.max(segments.first().base_offset());
        let recovery_point =
            if options.clean_shutdown { log_end_offset } else { options.recovery_point.min(log_end_offset) };
        let mut log = Self {
            disk,
            dir,
            partition,
            topic_id,
            config: Arc::clone(&options.config),
            segments,
            leader_epochs,
            producers,
            log_start_offset,
            log_end_offset,
            high_watermark: LogOffsetMetadata::offset_only(log_start_offset),
            first_unstable_offset: None,
            recovery_point,
            last_flush: options.now,
            unsynced: UnsyncedFiles::default(),
            // An empty log may just have been created.
            touched: !options.clean_shutdown
                || summary != LoadSummary::default()
                || log_end_offset == log_start_offset,
            deletions: Deletions::default(),
            segments_version: 0,
            poison: None,
        };
        log.delete_later(deletions, options.now);
        log.update_first_unstable_offset();
        // Most partitions of a node are idle; files are opened again when they are used.
        for segment in log.segments.as_mut_slice() {
            segment.release()?;
        }
        Ok((log, summary))
    }
}

/// Lists the directory. A missing one is created, for good: records must not be flushed into one that a crash undoes.
fn list_or_create(disk: &dyn Disk, dir: &Path) -> Result<Vec<DirEntry>, DiskError> {
    let failed = |action, source| DiskError { action, path: dir.to_owned(), source };
    match disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            disk.create_dir_all(dir).map_err(|source| failed("create", source))?;
            if let Some(parent) = dir.parent() {
                sync_dir(disk, parent)?;
            }
            Ok(Vec::new())
        }
        listing => listing.map_err(|source| failed("list", source)),
    }
}

/// The topic's id in the directory, which must be the one known; it is written if the directory has none.
pub(super) fn check_topic_id(
    disk: &dyn Disk,
    dir: &Path,
    expected: Option<Uuid>,
) -> Result<Option<Uuid>, OpenError> {
    match (read_topic_id(disk, dir)?, expected) {
        (Some(found), Some(expected)) if found != expected => {
            Err(TopicIdMismatchError { path: dir.join(PARTITION_METADATA), found, expected }.into())
        }
        (Some(found), _) => Ok(Some(found)),
        (None, Some(expected)) => {
            write_topic_id(disk, dir, expected)?;
            Ok(Some(expected))
        }
        (None, None) => Ok(None),
    }
}

/// A log while it is loaded.
struct Loader<'a> {
    disk: Arc<dyn Disk>,
    dir: Arc<Path>,
    options: &'a OpenOptions,
    segments: Vec<Segment>,
    /// Base offsets of segments that lack an index.
    lacking_indexes: Vec<Offset>,
    leader_epochs: LeaderEpochCache,
    producers: ProducerStateManager,
    log_end_offset: Offset,
    deletions: Vec<FileName>,
    summary: LoadSummary,
}

impl<'a> Loader<'a> {
    /// Finishes or undoes interrupted work, and takes up what is there then.
    fn new(
        disk: Arc<dyn Disk>,
        dir: Arc<Path>,
        options: &'a OpenOptions,
        mut listing: Vec<DirEntry>,
    ) -> Result<Self, StorageError> {
        let config = options.config.segment();
        let mut files = PartitionFiles::new(&disk, &dir, &listing);
        files.settle(config, options.now)?;
        let mut segments = Vec::new();
        let mut lacking_indexes = Vec::new();
        for found in files.segments() {
            let segment = Segment::open(&disk, &dir, found, config, options.now);
            if found.log_len > 0 && !files.has_indexes(found.base_offset) {
                lacking_indexes.push(found.base_offset);
            }
            segments.push(segment);
        }
        let (removed_files, swapped_files) = (files.removed, files.swapped);
        if removed_files + swapped_files > 0 {
            // The process may have died in the middle of a truncation. If the power goes next, files that it had renamed
            // must not come back beside what is appended from here on.
            sync_dir(&*disk, &dir)?;
        }
        let remaining = files.into_names();
        listing.retain(|entry| FileName::parse(&entry.name).is_some_and(|name| remaining.contains(&name)));

        let leader_epochs = LeaderEpochCache::open(Arc::clone(&disk), Arc::clone(&dir))?;
        let producer_config = options.config.producer_state();
        let producers =
            ProducerStateManager::new(Arc::clone(&disk), Arc::clone(&dir), producer_config, &listing);
        Ok(Self {
            disk,
            dir,
            options,
            segments,
            lacking_indexes,
            leader_epochs,
            producers,
            log_end_offset: options.log_start_offset,
            deletions: Vec::new(),
            summary: LoadSummary { removed_files, swapped_files, ..LoadSummary::default() },
        })
    }

    fn load(&mut self) -> Result<(), StorageError> {
        if self.options.clean_shutdown {
            self.rebuild_lacking_indexes(self.segments.len())?;
        } else {
            self.recover()?;
        }
        self.find_log_end()?;
        self.report_lost_flushed();
        let log_start_offset = self.options.log_start_offset.max(self.segments[0].base_offset());
        self.leader_epochs.truncate_from_end(self.log_end_offset);
        self.leader_epochs.truncate_from_start(log_start_offset);
        self.load_producers()
    }

    /// Finds the offset after the last record. A log that ends below its start has lost its files: it begins anew there.
    fn find_log_end(&mut self) -> Result<(), StorageError> {
        let log_start_offset = self.options.log_start_offset;
        if let Some(last) = self.segments.len().checked_sub(1) {
            let end = self.end_of(last)?;
            if end >= log_start_offset {
                self.log_end_offset = end;
                return Ok(());
            }
            tracing::warn!(
                dir = %self.dir.display(), log_end_offset = %end, %log_start_offset,
                "the log ends below its start, as when files were removed; it begins anew at its start"
            );
            self.delete_segments_from(0)?;
            self.leader_epochs.clear();
            self.leader_epochs.flush()?;
            self.producers.truncate_fully_and_start_at(log_start_offset)?;
        }
        let create = CreateSegment {
            base_offset: log_start_offset,
            state: FileState::Live,
            preallocate: self.options.config.preallocated_bytes(),
            now: self.options.now,
        };
        let segment = Segment::create(&self.disk, &self.dir, create, self.options.config.segment())?;
        if log_start_offset > Offset(0) {
            // The checkpoint need not name a start that the first segment tells, so the segment must stay.
            sync_dir(&*self.disk, &self.dir)?;
        }
        self.segments.push(segment);
        self.log_end_offset = log_start_offset;
        Ok(())
    }

    /// The offset after a segment's last record. A segment whose files contradict each other or end in no batch is
    /// recovered, even after a clean shutdown.
    fn end_of(&mut self, index: usize) -> Result<Offset, StorageError> {
        let (segment, size) = (&self.segments[index], self.segments[index].size());
        if size == 0 {
            return Ok(segment.base_offset());
        }
        let what = match read_end(segment) {
            Ok((end_offset, end)) if end == size => return Ok(end_offset),
            Ok((_, end)) => format!("its last batch ends at {end} of {size} bytes"),
            Err(error @ (SegmentError::Index(_) | SegmentError::Batch(_))) => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        tracing::warn!(log = %self.log_path(index).display(), what, "recovering the last segment");
        self.rebuild_indexes(index)
    }

    fn report_lost_flushed(&mut self) {
        let (end_offset, recovery_point) = (self.log_end_offset, self.options.recovery_point);
        if end_offset < recovery_point {
            tracing::error!(
                dir = %self.dir.display(), %end_offset, %recovery_point,
                "records that were on stable storage are gone; only a replica can bring them back"
            );
            self.summary.lost_flushed = Some(LostFlushedRecords { end_offset, recovery_point });
        }
    }

    /// Loads producer state up to the end of the log.
    fn load_producers(&mut self) -> Result<(), StorageError> {
        let base_offsets: Vec<_> = self.segments.iter().map(Segment::base_offset).collect();
        self.producers.remove_stray_snapshots(&base_offsets)?;
        let is_upgrade = self.options.clean_shutdown && self.producers.latest_snapshot_offset().is_none();
        if is_upgrade {
            // The log was closed in good order by a release without snapshots, hence without idempotent producers.
            // Empty snapshots at the last segments spare a later truncation the reading of everything.
            for base_offset in base_offsets.iter().rev().take(2).rev().chain([&self.log_end_offset]) {
                self.producers.update_map_end_offset(*base_offset);
                self.producers.take_snapshot()?;
            }
            return Ok(());
        }
        let replay = Replay {
            first_offset: self.segments[0].base_offset(),
            end_offset: self.log_end_offset,
            takes_snapshots: true,
            now: self.options.now,
        };
        replay.run(&mut self.producers, &self.segments)
    }

    fn log_path(&self, index: usize) -> PathBuf {
        self.segments[index].log_place().path()
    }
}

/// The offset after a segment's last batch, and where that batch ends in the log file.
fn read_end(segment: &Segment) -> Result<(Offset, u32), SegmentError> {
    let end_offset = segment.read_next_offset()?;
    let last = segment.translate_offset(Offset(end_offset.0.saturating_sub(1)))?;
    Ok((end_offset, last.map_or(0, |batch| batch.position + batch.size)))
}
