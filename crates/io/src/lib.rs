//! Disk and clock: the two things outside a core that decide what survives a crash.
//!
//! Everything that touches a file or asks for the time goes through [`Disk`] or [`Clock`], so that the same code
//! runs on the machine's own and on simulated ones. This crate knows nothing of Kafka.

mod clock;
mod disk;

pub use clock::{Clock, SystemClock};
pub use disk::{DirEntry, Disk, DiskFile, DiskLock, EntryKind, OpenMode};
