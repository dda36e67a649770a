//! The simulated disk as its users see it.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::clock::SimClock;
use super::counters::{SimCounters, SimEvent};
use super::crash::CrashOptions;
use super::fault::{Fault, FaultRates, FaultRule, Operation, PlantedBug};
use super::image::BLOCK;
use super::state::{Power, Request, State};
use super::tree::{Node, NodeId};
use crate::{DirEntry, Disk, DiskFile, DiskLock, DiskSpace, EntryKind, OpenMode};

/// A disk in memory that can lose power, fill up and fail.
///
/// Deterministic: the same seed and the same calls give the same bytes and the same failures. Clones share the disk.
/// Paths start at the root, absolute or not; the root directory is there from the start.
#[derive(Debug, Clone)]
pub struct SimDisk {
    shared: Shared,
}

#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<State>>);

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What damage does to bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corruption {
    /// One bit of the range is flipped.
    FlipBit,
    /// The range reads as zeros.
    Zeros,
    /// The range reads as random bytes.
    Garbage,
}

impl SimDisk {
    /// An empty disk whose files carry this clock's times.
    pub fn new(seed: u64, clock: &SimClock) -> Self {
        Self::from_state(State::new(seed, clock.clone()))
    }

    fn from_state(state: State) -> Self {
        Self { shared: Shared(Arc::new(Mutex::new(state))) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// The disk as found after a power loss now, one possible outcome per seed, by the rules of ext4 and xfs.
    ///
    /// This disk is left as it is, so many outcomes of one moment can be looked at. Rules, limits and planted bugs
    /// carry over; locks are free, counters start again and the power is on.
    pub fn crash(&self, seed: u64) -> Self {
        self.crash_with(seed, &CrashOptions::default())
    }

    /// The same with other rules.
    pub fn crash_with(&self, seed: u64, options: &CrashOptions) -> Self {
        Self::from_state(self.state().crashed(seed, options))
    }

    /// The disk as found after the process died while the machine ran on: nothing is lost, and what was not synced
    /// still is not. Handles and locks of the dead process act on its own copy.
    pub fn kill(&self) -> Self {
        let mut state = self.state();
        let seed = state.dice.roll();
        let tree = state.tree.clone();
        Self::from_state(state.restarted(seed, tree))
    }

    /// Makes all that is on the disk durable, as if everything had been synced; no fault hits it.
    pub fn settle(&self) {
        let mut state = self.state();
        for node in &mut state.tree.nodes {
            if let Node::File(file) = node {
                file.sync();
            }
        }
        state.tree.sync_all_directories();
    }

    /// Turns the machine off at the first change ([`Operation::is_change`]) after `changes` more: it and everything later
    /// fails. [`SimDisk::crash`] then tells what is left.
    pub fn cut_power_after(&self, changes: u64) {
        self.state().power = Power::OnFor { changes };
    }

    /// Undoes [`SimDisk::cut_power_after`], also after the fact.
    pub fn restore_power(&self) {
        self.state().power = Power::On;
    }

    /// Whether the power has gone.
    pub fn is_off(&self) -> bool {
        self.state().power == Power::Off
    }

    /// Limits the disk to `bytes`, rounded up to whole blocks of 4096; `None` for no limit. A write that does not fit is
    /// short, and the next one fails with [`io::ErrorKind::StorageFull`]. Holes and names take no space.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().blocks_max = bytes.map(|bytes| bytes.div_ceil(BLOCK));
    }

    /// Bytes that the files take, in whole blocks.
    pub fn used_bytes(&self) -> u64 {
        self.state().blocks_used * BLOCK
    }

    /// Refuses all changes with [`io::ErrorKind::ReadOnlyFilesystem`], or takes them again.
    pub fn set_read_only(&self, read_only: bool) {
        self.state().read_only = read_only;
    }

    /// Adds a rule; the first that matches an operation decides.
    pub fn add_fault(&self, rule: FaultRule) {
        self.state().rules.push(rule);
    }

    /// Sets the faults that come by chance.
    pub fn set_fault_rates(&self, rates: FaultRates) {
        self.state().rates = rates;
    }

    /// Ends all faults by rule, chance and limit.
    pub fn clear_faults(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.rates = FaultRates::default();
        state.read_only = false;
        state.blocks_max = None;
    }

    /// Plays a bug of the layer above from now on.
    pub fn plant(&self, bug: PlantedBug) {
        self.state().bugs.push(bug);
    }

    /// Damages bytes of a file, on the platter and in the cache; the part of the range past its end is left alone.
    pub fn corrupt(&self, path: &Path, range: Range<u64>, corruption: Corruption) -> io::Result<()> {
        let mut state = self.state();
        let id = state.tree.find(path)?;
        let file = state.tree.file(id).ok_or(Errno::ISDIR)?;
        let end = range.end.min(file.current.len());
        if range.start >= end {
            return Ok(());
        }
        let mut bytes = vec![0; (end - range.start) as usize];
        file.current.read(&mut bytes, range.start);
        match corruption {
            Corruption::Zeros => bytes.fill(0),
            Corruption::Garbage => state.dice.fill(&mut bytes),
            Corruption::FlipBit => flip_bit(&mut bytes, state.dice.roll()),
        }
        if let Some(file) = state.tree.file_mut(id) {
            file.damage(&bytes, range.start);
        }
        Ok(())
    }

    /// How many changes of a file wait for a sync.
    pub fn unsynced_changes(&self, path: &Path) -> io::Result<usize> {
        let state = self.state();
        let id = state.tree.find(path)?;
        Ok(state.tree.file(id).ok_or(Errno::ISDIR)?.pending.len())
    }

    /// What has been asked of the disk.
    pub fn counters(&self) -> SimCounters {
        self.state().counters
    }

    /// Starts the counters again.
    pub fn reset_counters(&self) {
        self.state().counters = SimCounters::default();
    }

    /// Keeps a list of all operations from now on.
    pub fn start_trace(&self) {
        self.state().trace = Some(Vec::new());
    }

    /// The operations since the trace was started or last taken.
    pub fn take_trace(&self) -> Vec<SimEvent> {
        self.state().trace.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

fn flip_bit(bytes: &mut [u8], chance: u64) {
    let victim = (chance >> 3) as usize % bytes.len();
    bytes[victim] ^= 1 << (chance & 7);
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let node = self.state().open(path, mode)?;
        Ok(Arc::new(SimFile { shared: self.shared.clone(), node, writable: mode != OpenMode::Read }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.state().create_dir_all(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let mut state = self.state();
        let id = state.tree.find(dir)?;
        let name = state.tree.name(id);
        state.admit_name(Operation::List, &name)?;
        let directory = state.tree.directory(id)?;
        let entries = directory.current.iter().map(|(name, child)| {
            let (kind, len, modified_ms) = match &state.tree.nodes[*child] {
                Node::File(file) => (EntryKind::File, file.current.len(), file.modified_ms),
                Node::Directory(directory) => (EntryKind::Directory, 0, directory.modified_ms),
            };
            DirEntry { name: name.as_ref().to_owned(), kind, len, modified_ms }
        });
        Ok(entries.collect())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let mut state = self.state();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("/").into();
        state.admit_name(Operation::Exists, &name)?;
        match state.tree.find(path) {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.state().rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.state().remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.state().remove_dir_all(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        let id = state.tree.find(dir)?;
        state.tree.directory(id)?;
        let name = state.tree.name(id);
        state.admit_name(Operation::SyncDir, &name)?;
        if !state.has_bug(|bug| matches!(bug, PlantedBug::SkipSyncDir(names) if names.matches(&name))) {
            state.tree.sync_directory(id);
        }
        Ok(())
    }

    /// A disk without a limit is as large as a file can be.
    fn space(&self, _path: &Path) -> io::Result<DiskSpace> {
        let state = self.state();
        let total = state.blocks_max.map_or(i64::MAX as u64, |blocks| blocks * BLOCK);
        Ok(DiskSpace { total, usable: total.saturating_sub(state.blocks_used * BLOCK) })
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskLock>>> {
        let mut state = self.state();
        let name = state.tree.place(path)?.name;
        state.admit_name(Operation::Lock, &name)?;
        let node = state.open(path, OpenMode::Create)?;
        if !state.locked.insert(node) {
            return Ok(None);
        }
        Ok(Some(Box::new(SimLock { shared: self.shared.clone(), node })))
    }
}

#[derive(Debug)]
struct SimFile {
    shared: Shared,
    node: NodeId,
    writable: bool,
}

impl SimFile {
    fn check_writable(&self) -> io::Result<()> {
        if self.writable { Ok(()) } else { Err(Errno::BADF.into()) }
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.shared.state();
        let name = state.tree.name(self.node);
        let request = Request { operation: Operation::Read, name: &name, offset, len: buf.len() as u64 };
        let fault = state.admit(&request)?;
        if let Some(Fault::FailAndForget(failure)) = fault {
            return Err(failure.into());
        }
        let buf = match buf.len() {
            len @ 2.. if fault == Some(Fault::Short) => &mut buf[..len.div_ceil(2)],
            _ => buf,
        };
        let file = state.tree.file(self.node).ok_or(Errno::ISDIR)?;
        let count = file.current.read(buf, offset);
        if fault == Some(Fault::FlipBit) && count > 0 {
            flip_bit(&mut buf[..count], state.dice.roll());
        }
        state.counters.read_bytes += count as u64;
        Ok(count)
    }

    fn write_vectored_at(&self, bufs: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        self.check_writable()?;
        let mut bytes: Vec<u8> = Vec::with_capacity(bufs.iter().map(|buf| buf.len()).sum());
        bufs.iter().for_each(|buf| bytes.extend_from_slice(buf));
        let mut state = self.shared.state();
        let name = state.tree.name(self.node);
        let request = Request { operation: Operation::Write, name: &name, offset, len: bytes.len() as u64 };
        let fault = state.admit(&request)?;
        if let Some(Fault::FailAndForget(failure)) = fault {
            return Err(failure.into());
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        if offset.checked_add(bytes.len() as u64).is_none_or(|end| i64::try_from(end).is_err()) {
            return Err(Errno::FBIG.into());
        }
        if fault == Some(Fault::Short) && bytes.len() > 1 {
            bytes.truncate(bytes.len().div_ceil(2));
        }
        match state.room(self.node, offset, bytes.len()) {
            0 => return Err(Errno::NOSPC.into()),
            room => bytes.truncate(room),
        }
        state.counters.written_bytes += bytes.len() as u64;
        state.change(self.node, |file| file.write(&bytes, offset));
        Ok(bytes.len())
    }

    fn modified_ms(&self) -> io::Result<i64> {
        Ok(self.shared.state().tree.file(self.node).ok_or(Errno::ISDIR)?.modified_ms)
    }

    fn set_modified_ms(&self, modified_ms: i64) -> io::Result<()> {
        self.check_writable()?;
        let mut state = self.shared.state();
        state.tree.file_mut(self.node).ok_or(Errno::ISDIR)?.modified_ms = modified_ms;
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.shared.state().tree.file(self.node).ok_or(Errno::ISDIR)?.current.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check_writable()?;
        self.shared.state().set_len(self.node, len)
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.shared.state();
        let name = state.tree.name(self.node);
        let fault = state.admit(&Request { operation: Operation::Sync, name: &name, offset: 0, len: 0 })?;
        let skipped = state.has_bug(|bug| matches!(bug, PlantedBug::SkipSync(names) if names.matches(&name)));
        let file = state.tree.file_mut(self.node).ok_or(Errno::ISDIR)?;
        if let Some(Fault::FailAndForget(failure)) = fault {
            file.forget_pending();
            return Err(failure.into());
        }
        if !skipped {
            file.sync();
        }
        Ok(())
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

#[derive(Debug)]
struct SimLock {
    shared: Shared,
    node: NodeId,
}

impl DiskLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.shared.state().locked.remove(&self.node);
    }
}
