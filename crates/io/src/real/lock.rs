//! Exclusive locks that a JVM respects, and that this process respects too.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use crate::DiskLock;

/// The files this process has locked.
///
/// The kernel keeps record locks per process, so it cannot tell two owners inside one apart, and it gives all locks
/// of a file back when *any* descriptor of that file is closed. The table is as wide as what it describes: one for
/// the process. It is held across opening and closing, so that no descriptor is closed behind a lock just taken.
static HELD: Mutex<BTreeSet<FileId>> = Mutex::new(BTreeSet::new());

/// Device and inode: what a file is, whatever the path that leads to it.
type FileId = (u64, u64);

fn file_id(metadata: &Metadata) -> FileId {
    (metadata.dev(), metadata.ino())
}

fn held() -> MutexGuard<'static, BTreeSet<FileId>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub(super) struct RealLock {
    /// There until the lock is dropped.
    file: Option<File>,
    id: FileId,
}

pub(super) fn try_lock(path: &Path) -> io::Result<Option<RealLock>> {
    let mut held = held();
    // Asked by path, not by descriptor: closing a second descriptor would end the lock that is held.
    if fs::metadata(path).is_ok_and(|metadata| held.contains(&file_id(&metadata))) {
        return Ok(None);
    }
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::AGAIN | Errno::ACCESS) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let id = file_id(&file.metadata()?);
    held.insert(id);
    Ok(Some(RealLock { file: Some(file), id }))
}

impl DiskLock for RealLock {}

impl Drop for RealLock {
    fn drop(&mut self) {
        let mut held = held();
        self.file = None;
        held.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a JVM looks for: a POSIX write lock over the whole file, held by this process.
    #[test]
    #[cfg(target_os = "linux")]
    fn the_kernel_knows_it_as_a_record_lock_of_the_whole_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".lock");
        let lock = try_lock(&path).unwrap().unwrap();
        let inode = format!(":{}", fs::metadata(&path).unwrap().ino());
        let is_ours = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            matches!(words[..], [_, "POSIX", "ADVISORY", "WRITE", pid, file, "0", "EOF"]
                if pid == std::process::id().to_string() && file.ends_with(&inode))
        };
        let locked = || fs::read_to_string("/proc/locks").unwrap().lines().any(is_ours);
        assert!(locked());
        assert!(try_lock(&path).unwrap().is_none());
        assert!(locked(), "a refused attempt leaves the lock where it was");
        drop(lock);
        assert!(!locked());
    }

    #[test]
    fn two_paths_to_one_file_are_one_lock() {
        let dir = tempfile::tempdir().unwrap();
        let lock = try_lock(&dir.path().join(".lock")).unwrap().unwrap();
        fs::hard_link(dir.path().join(".lock"), dir.path().join("alias")).unwrap();
        assert!(try_lock(&dir.path().join("alias")).unwrap().is_none());
        drop(lock);
        assert!(try_lock(&dir.path().join("alias")).unwrap().is_some());
    }
}
