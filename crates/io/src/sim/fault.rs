//! Faults on demand, and bugs planted in the layer above.

use std::io;

use rustix::io::Errno;

use super::dice::Dice;

/// What is asked of the disk, as far as rules and traces tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Opening a file that exists.
    Open,
    /// Creating a file.
    Create,
    /// Creating a directory.
    CreateDir,
    /// Reading from a file.
    Read,
    /// Writing to a file.
    Write,
    /// Cutting or growing a file.
    SetLen,
    /// Syncing a file.
    Sync,
    /// Syncing the names of a directory.
    SyncDir,
    /// Renaming.
    Rename,
    /// Removing one file or empty directory.
    Remove,
    /// Listing a directory.
    List,
    /// Asking whether something exists.
    Exists,
    /// Taking a lock.
    Lock,
}

impl Operation {
    /// Whether it changes what a crash would leave; these count for [`SimDisk::cut_power_after`].
    ///
    /// [`SimDisk::cut_power_after`]: super::SimDisk::cut_power_after
    pub fn is_change(self) -> bool {
        self.modifies() || matches!(self, Self::Sync | Self::SyncDir)
    }

    /// Whether a read-only file system refuses it.
    pub(super) fn modifies(self) -> bool {
        matches!(
            self,
            Self::Create | Self::CreateDir | Self::Write | Self::SetLen | Self::Rename | Self::Remove
        )
    }
}

/// Which files a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// All.
    All,
    /// Those whose name, without its directory, ends so.
    EndingIn(String),
}

impl Names {
    /// Those whose name ends in `suffix`.
    pub fn ending_in(suffix: &str) -> Self {
        Self::EndingIn(suffix.to_owned())
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::EndingIn(suffix) => name.ends_with(suffix.as_str()),
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails and changes nothing. A failed sync leaves open what of the unsynced bytes is on the platter.
    Fail(Failure),
    /// A sync fails and the unsynced bytes are forgotten, as on Linux: readers still see them, a later sync succeeds, a
    /// crash loses them. Any other operation just fails.
    FailAndForget(Failure),
    /// A read or a write moves only a part of its bytes. Any other operation succeeds.
    Short,
    /// A read returns one flipped bit, and the next read of the same place may be right. Any other operation succeeds.
    FlipBit,
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The device fails.
    InputOutput,
    /// No space is left.
    NoSpace,
    /// The file system is read-only.
    ReadOnly,
    /// Not permitted.
    PermissionDenied,
    /// Too many open files.
    TooManyOpenFiles,
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::InputOutput => Errno::IO,
            Failure::NoSpace => Errno::NOSPC,
            Failure::ReadOnly => Errno::ROFS,
            Failure::PermissionDenied => Errno::ACCESS,
            Failure::TooManyOpenFiles => Errno::MFILE,
        }
        .into()
    }
}

/// A fault that hits certain operations on certain files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// The operation.
    pub operation: Operation,
    /// The files or directories.
    pub names: Names,
    /// What goes wrong.
    pub fault: Fault,
    /// How many matching operations succeed before.
    pub skip: u64,
    /// How many fail then; the rule is spent afterwards.
    pub times: u64,
}

impl FaultRule {
    /// Hits every such operation on files whose names end in `suffix`.
    pub fn always(operation: Operation, suffix: &str, fault: Fault) -> Self {
        Self { operation, names: Names::ending_in(suffix), fault, skip: 0, times: u64::MAX }
    }

    /// Hits the next such operation only.
    pub fn once(operation: Operation, suffix: &str, fault: Fault) -> Self {
        Self { times: 1, ..Self::always(operation, suffix, fault) }
    }

    /// Lets `skip` such operations succeed first.
    pub fn after(self, skip: u64) -> Self {
        Self { skip, ..self }
    }

    pub(super) fn hits(&mut self, operation: Operation, name: &str) -> Option<Fault> {
        if self.operation != operation || self.times == 0 || !self.names.matches(name) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.times -= 1;
        Some(self.fault)
    }
}

/// Faults by chance: each number is "one in so many operations", 0 for never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FaultRates {
    /// Reads that return only a part.
    pub short_reads: u64,
    /// Writes that take only a part.
    pub short_writes: u64,
    /// Reads that fail.
    pub failed_reads: u64,
    /// Writes that fail.
    pub failed_writes: u64,
    /// Syncs that fail and forget.
    pub failed_syncs: u64,
}

impl FaultRates {
    pub(super) fn draw(&self, operation: Operation, dice: &mut Dice) -> Option<Fault> {
        let io_error = Fault::Fail(Failure::InputOutput);
        let table = match operation {
            Operation::Read => [(self.failed_reads, io_error), (self.short_reads, Fault::Short)],
            Operation::Write => [(self.failed_writes, io_error), (self.short_writes, Fault::Short)],
            Operation::Sync => {
                [(self.failed_syncs, Fault::FailAndForget(Failure::InputOutput)), (0, Fault::Short)]
            }
            _ => return None,
        };
        table.into_iter().find(|(one_in, _)| dice.one_in(*one_in)).map(|(_, fault)| fault)
    }
}

/// A bug of the layer above, played by the disk: proof that a checker sees what it is there to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlantedBug {
    /// Syncs of these files are forgotten, in silence.
    SkipSync(Names),
    /// Syncs of these directories are forgotten, in silence.
    SkipSyncDir(Names),
    /// These files are never cut nor grown by `set_len`.
    IgnoreSetLen(Names),
    /// Every change of these files is on the platter at once, ahead of what others still hold back.
    DurableAtOnce(Names),
}
