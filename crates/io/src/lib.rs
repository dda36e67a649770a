//! Disk and clock: the two things outside a core that decide what survives a crash.
//!
//! Everything that touches a file or asks for the time goes through [`Disk`] or [`Clock`], so that the same code
//! runs on the machine's own and on simulated ones. This crate knows nothing of Kafka, and never retries, caches or
//! hides a failure of the machine.
//!
//! Start with [`Disk`], the contract; [`RealDisk`] is the machine's own file system, [`sim::SimDisk`] one in memory
//! that loses power, fills up and fails when asked.

mod clock;
mod disk;
mod real;
pub mod sim;

pub use clock::{Clock, SystemClock};
pub use disk::{DirEntry, Disk, DiskFile, DiskLock, DiskSpace, EntryKind, OpenMode};
pub use real::RealDisk;
