//! Snapshots of the metadata log: `OFFSET-EPOCH.checkpoint` files beside its segments (KIP-630).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_controller::VersionedRecord;
use ottla_io::{Disk, DiskFile, OpenMode};
use ottla_log::error::DiskError;
use ottla_record::{Batch, BatchPrefix, BatchesError, LeaderEpoch, Offset, PREFIX_SIZE, Timestamp};
use ottla_wire::control::ControlRecord;
use ottla_wire::control::kraft_version::KRaftVersionRecord;
use ottla_wire::control::snapshot::{SnapshotFooterRecord, SnapshotHeaderRecord};
use ottla_wire::control::voters::VotersRecord;
use thiserror::Error;

use super::METADATA_LOG_DIR_NAME;
use super::framing::{BatchPlace, FramingError, MetadataBatches, PushError, RecordRun, append_control};

const SUFFIX: &str = ".checkpoint";
const PART_SUFFIX: &str = ".checkpoint.part";
const DELETED_SUFFIX: &str = ".checkpoint.deleted";
/// Bytes of batches that are gathered before they are written.
const WRITE_BYTES: usize = 1 << 20;
/// Largest batch that is read; ours and Kafka's are at most 8 MiB.
const BATCH_BYTES_MAX: usize = 64 << 20;

/// What a snapshot stands for: the log up to, but without, this offset, whose last record is of this epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SnapshotId {
    pub(crate) end_offset: Offset,
    pub(crate) epoch: LeaderEpoch,
}

impl SnapshotId {
    /// The one that a dynamic quorum is formatted with: it holds the voters alone.
    pub(crate) const BOOTSTRAP: Self = Self { end_offset: Offset(0), epoch: LeaderEpoch(0) };

    /// Reads the name of a finished snapshot's file.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (offset, epoch) = name.strip_suffix(SUFFIX)?.split_once('-')?;
        let is_number = |text: &str, len| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(offset, 20) || !is_number(epoch, 10) {
            return None;
        }
        let (end_offset, epoch) = (Offset(offset.parse().ok()?), LeaderEpoch(epoch.parse().ok()?));
        Some(Self { end_offset, epoch })
    }

    pub(crate) fn file_name(self) -> String {
        format!("{self}{SUFFIX}")
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}-{:010}", self.end_offset.0, self.epoch.0)
    }
}

/// The finished snapshots in the directory of the metadata log, oldest first.
pub(crate) fn list_snapshots(disk: &dyn Disk, dir: &Path) -> Result<Vec<SnapshotFile>, DiskError> {
    let entries =
        disk.list(dir).map_err(|source| DiskError { action: "list", path: dir.to_owned(), source })?;
    let snapshot = |entry: ottla_io::DirEntry| {
        let id = SnapshotId::parse(&entry.name)?;
        Some(SnapshotFile { id, len: entry.len })
    };
    let mut snapshots: Vec<SnapshotFile> = entries.into_iter().filter_map(snapshot).collect();
    snapshots.sort_unstable_by_key(|snapshot| snapshot.id);
    Ok(snapshots)
}

/// A snapshot on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SnapshotFile {
    pub(crate) id: SnapshotId,
    pub(crate) len: u64,
}

/// Removes what a crash left of snapshots that were being written or removed.
pub(crate) fn remove_leftovers(disk: &dyn Disk, dir: &Path) -> Result<(), DiskError> {
    let entries =
        disk.list(dir).map_err(|source| DiskError { action: "list", path: dir.to_owned(), source })?;
    for entry in entries {
        if entry.name.ends_with(PART_SUFFIX) || entry.name.ends_with(DELETED_SUFFIX) {
            remove_file(disk, dir.join(entry.name))?;
        }
    }
    Ok(())
}

/// Removes a snapshot.
pub(crate) fn remove_snapshot(disk: &dyn Disk, dir: &Path, id: SnapshotId) -> Result<(), DiskError> {
    remove_file(disk, dir.join(id.file_name()))
}

fn remove_file(disk: &dyn Disk, path: PathBuf) -> Result<(), DiskError> {
    disk.remove_file(&path).map_err(|source| DiskError { action: "remove", path, source })
}

/// What a snapshot says first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SnapshotHeader {
    /// Append time of the last record that it stands for.
    pub(crate) last_contained_log_timestamp: Timestamp,
    /// `kraft.version`; from 1 on the snapshot tells it, and the voters.
    pub(crate) kraft_version: i16,
    /// The voters of a dynamic quorum.
    pub(crate) voters: Option<VotersRecord>,
}

impl SnapshotHeader {
    fn records(&self) -> Vec<ControlRecord> {
        let mut records = vec![ControlRecord::SnapshotHeader(SnapshotHeaderRecord {
            last_contained_log_timestamp: self.last_contained_log_timestamp.0,
            ..SnapshotHeaderRecord::default()
        })];
        if self.kraft_version > 0 {
            let kraft_version = self.kraft_version;
            records.push(ControlRecord::KraftVersion(KRaftVersionRecord {
                kraft_version,
                ..KRaftVersionRecord::default()
            }));
            records.extend(self.voters.clone().map(ControlRecord::KraftVoters));
        }
        records
    }
}

/// A snapshot cannot be written.
#[derive(Debug, Error)]
pub(crate) enum SnapshotWriteError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Push(#[from] PushError),
}

/// Writes a snapshot to a file of another name, which [`freeze`](Self::freeze) renames.
#[derive(Debug)]
pub(crate) struct SnapshotWriter<'a> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    id: SnapshotId,
    part: PathBuf,
    file: Arc<dyn DiskFile>,
    len: u64,
    place: BatchPlace,
    batches: MetadataBatches,
}

impl<'a> SnapshotWriter<'a> {
    /// Begins a snapshot in the directory of the metadata log; `unique` keeps apart two that are written at once.
    pub(crate) fn create(
        disk: &'a dyn Disk,
        dir: &'a Path,
        id: SnapshotId,
        header: &SnapshotHeader,
        now: Timestamp,
        unique: [u8; 16],
    ) -> Result<Self, SnapshotWriteError> {
        disk.create_dir_all(dir).map_err(|source| DiskError {
            action: "create",
            path: dir.to_owned(),
            source,
        })?;
        let unique = u128::from_be_bytes(unique) as u64;
        let part = dir.join(format!("{id}-{unique}{PART_SUFFIX}"));
        let file = disk.open(&part, OpenMode::Truncate).map_err(|source| DiskError {
            action: "create",
            path: part.clone(),
            source,
        })?;
        let mut bytes = Vec::new();
        let mut place = BatchPlace { base_offset: Offset(0), epoch: id.epoch, timestamp: now };
        place.base_offset = append_control(&mut bytes, place, &header.records());
        let batches = MetadataBatches::new(place);
        let mut writer = Self { disk, dir, id, part, file, len: 0, place, batches };
        writer.write(&bytes)?;
        Ok(writer)
    }

    /// Adds records, which stay in one batch.
    pub(crate) fn append(&mut self, records: &[VersionedRecord]) -> Result<(), SnapshotWriteError> {
        self.batches.push(records)?;
        if self.batches.uncompressed_size() > WRITE_BYTES {
            let bytes = self.batches.take_bytes();
            self.write(&bytes)?;
        }
        Ok(())
    }

    /// Ends the snapshot, makes it durable and gives it its name; answers its bytes.
    pub(crate) fn freeze(mut self) -> Result<u64, SnapshotWriteError> {
        self.place.base_offset = self.batches.next_offset();
        let mut bytes = self.batches.take_bytes();
        let footer = ControlRecord::SnapshotFooter(SnapshotFooterRecord::default());
        append_control(&mut bytes, self.place, &[footer]);
        self.write(&bytes)?;
        self.file.sync().map_err(|source| self.failed("sync", source))?;
        let path = self.dir.join(self.id.file_name());
        self.disk.rename(&self.part, &path).map_err(|source| self.failed("rename", source))?;
        self.disk.sync_dir(self.dir).map_err(|source| self.failed("sync the directory of", source))?;
        Ok(self.len)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.file.write_all_at(bytes, self.len).map_err(|source| self.failed("write", source))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    fn failed(&self, action: &'static str, source: std::io::Error) -> DiskError {
        DiskError { action, path: self.part.clone(), source }
    }
}

/// Writes the snapshot that tells a dynamic quorum its first voters.
pub(crate) fn write_bootstrap_voters(
    disk: &dyn Disk,
    metadata_log_dir: &Path,
    header: &SnapshotHeader,
    now: Timestamp,
    unique: [u8; 16],
) -> Result<(), DiskError> {
    let dir = metadata_log_dir.join(METADATA_LOG_DIR_NAME);
    let written = SnapshotWriter::create(disk, &dir, SnapshotId::BOOTSTRAP, header, now, unique)
        .and_then(SnapshotWriter::freeze);
    match written {
        Ok(_) => disk.sync_dir(metadata_log_dir).map_err(|source| DiskError {
            action: "sync",
            path: metadata_log_dir.to_owned(),
            source,
        }),
        Err(SnapshotWriteError::Disk(error)) => Err(error),
        Err(SnapshotWriteError::Push(error)) => unreachable!("no metadata record was pushed: {error}"),
    }
}

/// A snapshot cannot be read.
#[derive(Debug, Error)]
pub(crate) enum SnapshotReadError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("snapshot {} is damaged", path.display())]
    Malformed {
        path: PathBuf,
        #[source]
        source: FramingError,
    },
    #[error("snapshot {} ends without its last record: it was not finished", path.display())]
    NoFooter { path: PathBuf },
}

/// Reads a snapshot, one batch after the other.
#[derive(Debug)]
pub(crate) struct SnapshotReader {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    len: u64,
    position: u64,
    bytes: Vec<u8>,
    has_footer: bool,
}

impl SnapshotReader {
    pub(crate) fn open(disk: &dyn Disk, dir: &Path, id: SnapshotId) -> Result<Self, SnapshotReadError> {
        let path = dir.join(id.file_name());
        let failed = |source| DiskError { action: "open", path: path.clone(), source };
        let file = disk.open(&path, OpenMode::Read).map_err(failed)?;
        let len = file.len().map_err(failed)?;
        Ok(Self { path, file, len, position: 0, bytes: Vec::new(), has_footer: false })
    }

    /// What the next batch holds; `None` behind the footer.
    pub(crate) fn next_run(&mut self) -> Result<Option<RecordRun>, SnapshotReadError> {
        if self.position >= self.len {
            return if self.has_footer {
                Ok(None)
            } else {
                Err(SnapshotReadError::NoFooter { path: self.path.clone() })
            };
        }
        self.read_batch()?;
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        let run = Batch::parse(&self.bytes)
            .map_err(|cause| FramingError::from(BatchesError { position, cause }))
            .and_then(|batch| RecordRun::of(&batch));
        let run = run.map_err(|source| self.malformed(source))?;
        self.position += self.bytes.len() as u64;
        if let RecordRun::Control(records) = &run {
            let is_footer = |record: &ControlRecord| matches!(record, ControlRecord::SnapshotFooter(_));
            self.has_footer |= records.iter().any(is_footer);
        }
        Ok(Some(run))
    }

    fn read_batch(&mut self) -> Result<(), SnapshotReadError> {
        let rest = self.len - self.position;
        let mut prefix = [0; PREFIX_SIZE];
        let prefix = &mut prefix[..PREFIX_SIZE.min(usize::try_from(rest).unwrap_or(usize::MAX))];
        let failed = |source| DiskError { action: "read", path: self.path.clone(), source };
        self.file.read_exact_at(prefix, self.position).map_err(failed)?;
        let size = BatchPrefix::parse(prefix).map(|prefix| prefix.size_in_bytes);
        // What is no whole batch is read as far as it goes, for the error to say what it is.
        let size = size.unwrap_or(prefix.len()).min(BATCH_BYTES_MAX);
        let size = size.min(usize::try_from(rest).unwrap_or(usize::MAX));
        self.bytes.resize(size, 0);
        self.file.read_exact_at(&mut self.bytes, self.position).map_err(failed)?;
        Ok(())
    }

    fn malformed(&self, source: FramingError) -> SnapshotReadError {
        SnapshotReadError::Malformed { path: self.path.clone(), source }
    }
}
