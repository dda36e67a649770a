//! The contract of a disk.

use std::fmt::Debug;
use std::io::{self, IoSlice};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

/// A file system, as much of it as a log needs.
///
/// What a crash keeps: the bytes of a file up to its last [`DiskFile::sync`], and the names of a directory up to its
/// last [`Disk::sync_dir`]. Anything later may be there, in part, or not, in any order. Errors carry the operating
/// system's kind ([`io::ErrorKind::StorageFull`], [`io::ErrorKind::ReadOnlyFilesystem`], …); callers add the path.
/// Calls interrupted by a signal are taken up again and never seen as errors.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Opens a file.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;
    /// Creates a directory and its missing parents; an existing one is no error. Durable when the parents are synced.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Lists a directory, sorted by name.
    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>>;
    /// Whether a file or directory stands at this path. A path through something that is no directory holds nothing.
    fn exists(&self, path: &Path) -> io::Result<bool>;
    /// Renames a file or directory, replacing a file at `to` in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory with all that is in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable: created, renamed and removed entries.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Takes the exclusive lock of the file at `path`, creating it; `None` when another holds it, be it another
    /// process or another part of this one. A locked file must not be opened by [`Disk::open`]: on a POSIX system
    /// closing any descriptor of it gives the lock back.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn DiskLock>>>;
    /// How large the volume is that holds `path`, and how much of it is left.
    fn space(&self, path: &Path) -> io::Result<DiskSpace>;

    /// Reads a whole file of at most `len_max` bytes; longer ones are [`io::ErrorKind::FileTooLarge`].
    fn read(&self, path: &Path, len_max: u64) -> io::Result<Vec<u8>> {
        let file = self.open(path, OpenMode::Read)?;
        let len = file.len()?;
        if len > len_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = vec![0; usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Replaces the file at `path` in one step: writes `path` with `.tmp` appended, syncs it, renames it, syncs the
    /// directory. After a crash the old content or the new one is there, never a mixture.
    fn write_atomically(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut tmp = path.as_os_str().to_owned();
        tmp.push(".tmp");
        let tmp = Path::new(&tmp);
        let file = self.open(tmp, OpenMode::Truncate)?;
        file.write_all_at(bytes, 0)?;
        file.sync()?;
        self.rename(tmp, path)?;
        match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => self.sync_dir(Path::new(".")),
            Some(parent) => self.sync_dir(parent),
            None => Ok(()),
        }
    }
}

/// An open file with positioned reads and writes; it has no cursor, so one handle serves many readers.
pub trait DiskFile: Debug + Send + Sync + 'static {
    /// Reads up to `buf.len()` bytes; 0 at or past the end.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes some of `bufs` as one operation and returns how many bytes; past the end the file grows.
    fn write_vectored_at(&self, bufs: &[IoSlice<'_>], offset: u64) -> io::Result<usize>;
    /// Last modification, milliseconds since the Unix epoch.
    fn modified_ms(&self) -> io::Result<i64>;
    /// Lets the file look as if last modified at that many milliseconds since the Unix epoch. Nothing makes it durable.
    fn set_modified_ms(&self, modified_ms: i64) -> io::Result<()>;
    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Cuts or, with zeros, grows the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes the file's bytes and length durable. After a failure nobody knows what of the bytes written since the
    /// last success is on the disk, and a second call that succeeds does not mean that they are.
    fn sync(&self) -> io::Result<()>;
    /// The descriptor to hand to `sendfile`; `None` on a simulated disk.
    fn as_fd(&self) -> Option<BorrowedFd<'_>>;

    /// Whether the file holds no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buf` or fails with [`io::ErrorKind::UnexpectedEof`].
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < buf.len() {
            match self.read_at(&mut buf[done..], offset + done as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => done += n,
            }
        }
        Ok(())
    }

    /// Writes all of `bytes`, in as many operations as the disk takes.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            match self.write_vectored_at(&[IoSlice::new(&bytes[done..])], offset + done as u64)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => done += n,
            }
        }
        Ok(())
    }
}

/// The size of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// Its size in bytes.
    pub total: u64,
    /// Bytes that this process could still write.
    pub usable: u64,
}

/// A held lock; dropping it gives the lock back.
pub trait DiskLock: Debug + Send + Sync + 'static {}

/// How to open a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Read an existing file.
    Read,
    /// Read and write an existing file.
    Write,
    /// Read and write, created empty when missing.
    Create,
    /// Read and write, created when missing, cut to nothing when there.
    Truncate,
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// Name without its directory; names that are not UTF-8 are never ours and are left out of listings.
    pub name: String,
    /// What stands there.
    pub kind: EntryKind,
    /// Length in bytes; 0 for directories.
    pub len: u64,
    /// Last modification, milliseconds since the Unix epoch.
    pub modified_ms: i64,
}

/// What a directory entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A link, device or the like.
    Other,
}
