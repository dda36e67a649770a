//! Proof that each fault of the simulated disk really happens, and that nothing else does.

#![expect(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod crashes;
mod faults;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use ottla_io::sim::{SimClock, SimDisk};
use ottla_io::{Disk, DiskFile, OpenMode};

/// A disk with a durable directory `/d`.
fn disk() -> SimDisk {
    let disk = SimDisk::new(7, &SimClock::new(0));
    disk.create_dir_all("/d".as_ref()).unwrap();
    disk.settle();
    disk
}

fn create(disk: &SimDisk, path: &str) -> Arc<dyn DiskFile> {
    disk.open(path.as_ref(), OpenMode::Create).unwrap()
}

/// A file whose name and bytes are durable.
fn durable(disk: &SimDisk, path: &str, bytes: &[u8]) -> Arc<dyn DiskFile> {
    let file = create(disk, path);
    file.write_all_at(bytes, 0).unwrap();
    disk.settle();
    file
}

fn content(disk: &SimDisk, path: &str) -> Vec<u8> {
    disk.read(path.as_ref(), 1 << 30).unwrap()
}

fn names(disk: &SimDisk, dir: &str) -> Vec<String> {
    disk.list(Path::new(dir)).unwrap().into_iter().map(|entry| entry.name).collect()
}

/// What `look` sees after each of many crashes of `disk`.
fn outcomes<T: Ord>(disk: &SimDisk, look: impl Fn(&SimDisk) -> T) -> BTreeSet<T> {
    (0..400).map(|seed| look(&disk.crash(seed))).collect()
}
