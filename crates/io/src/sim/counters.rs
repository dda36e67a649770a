//! What was asked of a simulated disk.

use std::fmt;
use std::sync::Arc;

use super::fault::Operation;

/// How often the disk was asked for what since it was made, and how much was moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SimCounters {
    /// Files opened that existed.
    pub opens: u64,
    /// Files created.
    pub creates: u64,
    /// Directories created.
    pub directories_created: u64,
    /// Reads.
    pub reads: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Writes.
    pub writes: u64,
    /// Bytes written.
    pub written_bytes: u64,
    /// Files cut or grown.
    pub set_lens: u64,
    /// Files synced.
    pub syncs: u64,
    /// Directories synced.
    pub directory_syncs: u64,
    /// Renames.
    pub renames: u64,
    /// Files and empty directories removed.
    pub removes: u64,
    /// Directories listed.
    pub lists: u64,
    /// Questions whether something exists.
    pub exists: u64,
    /// Locks asked for.
    pub locks: u64,
}

impl SimCounters {
    /// Operations of all kinds.
    pub fn operations(&self) -> u64 {
        self.opens + self.reads + self.lists + self.exists + self.locks + self.changes()
    }

    /// Operations that change what a crash would leave ([`Operation::is_change`]).
    pub fn changes(&self) -> u64 {
        self.creates
            + self.directories_created
            + self.writes
            + self.set_lens
            + self.syncs
            + self.directory_syncs
            + self.renames
            + self.removes
    }

    pub(super) fn count(&mut self, operation: Operation) {
        let counter = match operation {
            Operation::Open => &mut self.opens,
            Operation::Create => &mut self.creates,
            Operation::CreateDir => &mut self.directories_created,
            Operation::Read => &mut self.reads,
            Operation::Write => &mut self.writes,
            Operation::SetLen => &mut self.set_lens,
            Operation::Sync => &mut self.syncs,
            Operation::SyncDir => &mut self.directory_syncs,
            Operation::Rename => &mut self.renames,
            Operation::Remove => &mut self.removes,
            Operation::List => &mut self.lists,
            Operation::Exists => &mut self.exists,
            Operation::Lock => &mut self.locks,
        };
        *counter += 1;
    }
}

/// One operation, as a trace tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimEvent {
    /// What was asked.
    pub operation: Operation,
    /// Of which file or directory; of a rename, the old name.
    pub name: Arc<str>,
    /// Where in the file; of a [`Operation::SetLen`], the new length.
    pub offset: u64,
    /// How many bytes were asked for.
    pub len: u64,
    /// Whether it was refused.
    pub failed: bool,
}

impl fmt::Display for SimEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.operation, self.name)?;
        match self.operation {
            Operation::Read | Operation::Write => write!(f, " {}+{}", self.offset, self.len)?,
            Operation::SetLen => write!(f, " {}", self.offset)?,
            _ => {}
        }
        if self.failed { f.write_str(" failed") } else { Ok(()) }
    }
}
