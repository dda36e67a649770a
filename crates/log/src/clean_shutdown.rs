//! The file that says that a log directory was closed in good order.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::Disk;

use crate::error::DiskError;
use crate::paths::CLEAN_SHUTDOWN;

/// A file longer than this says nothing.
const FILE_LEN_MAX: u64 = 1 << 16;

/// What a start found of the shutdown before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// The file is missing: the process was killed, or the machine stopped. Logs must be recovered.
    Unclean,
    /// All logs were closed. The broker epoch is unknown where the file is empty, as releases before 3.8 left it, or
    /// not readable.
    Clean {
        /// Epoch under which the broker was registered when it closed.
        broker_epoch: Option<i64>,
    },
}

/// `.kafka_cleanshutdown` of a log directory: `{"version":0,"brokerEpoch":42}`.
#[derive(Debug, Clone)]
pub struct CleanShutdownFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl CleanShutdownFile {
    /// The file of this log directory.
    pub fn new(disk: Arc<dyn Disk>, log_dir: &Path) -> Self {
        Self { disk, path: log_dir.join(CLEAN_SHUTDOWN) }
    }

    /// Reads the file. Content that cannot be read is no error: that the file is there is what counts.
    pub fn read(&self) -> Result<Shutdown, DiskError> {
        let bytes = match self.disk.read(&self.path, FILE_LEN_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Shutdown::Unclean),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Vec::new(),
            Err(source) => return Err(self.failed("read", source)),
        };
        let content = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
        let broker_epoch = content.as_ref().and_then(|content| content.get("brokerEpoch")?.as_i64());
        Ok(Shutdown::Clean { broker_epoch })
    }

    /// Reads the file and removes it, durably: if it came back after a power loss, logs in need of recovery would be
    /// taken as they are.
    pub fn take(&self) -> Result<Shutdown, DiskError> {
        let shutdown = self.read()?;
        if shutdown != Shutdown::Unclean {
            self.disk.remove_file(&self.path).map_err(|source| self.failed("remove", source))?;
            let parent = self.path.parent().expect("joined to a directory");
            self.disk.sync_dir(parent).map_err(|source| self.failed("sync the directory of", source))?;
        }
        Ok(shutdown)
    }

    /// Writes the file, once all logs of the directory are closed.
    pub fn write(&self, broker_epoch: i64) -> Result<(), DiskError> {
        let content = format!("{{\"version\":0,\"brokerEpoch\":{broker_epoch}}}");
        self.disk
            .write_atomically(&self.path, content.as_bytes())
            .map_err(|source| self.failed("write", source))
    }

    fn failed(&self, action: &'static str, source: io::Error) -> DiskError {
        DiskError { action, path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Rig;

    #[test]
    fn the_file_is_kafkas() {
        let rig = Rig::new();
        let file = CleanShutdownFile::new(Arc::clone(&rig.disk), &rig.dir);
        assert_eq!(file.read().expect("read"), Shutdown::Unclean);
        file.write(42).expect("write");
        assert_eq!(rig.bytes(CLEAN_SHUTDOWN), br#"{"version":0,"brokerEpoch":42}"#);
        assert_eq!(file.take().expect("take"), Shutdown::Clean { broker_epoch: Some(42) });
        assert_eq!(file.take().expect("take"), Shutdown::Unclean);
        assert!(rig.names().is_empty());
    }

    #[test]
    fn once_taken_it_never_comes_back() {
        let rig = Rig::new();
        let file = CleanShutdownFile::new(Arc::clone(&rig.disk), &rig.dir);
        file.write(42).expect("write");
        rig.sim.settle();
        file.take().expect("take");
        for seed in 0..20 {
            let crashed: Arc<dyn Disk> = Arc::new(rig.sim.crash(seed));
            assert_eq!(CleanShutdownFile::new(crashed, &rig.dir).read().expect("read"), Shutdown::Unclean);
        }
    }

    #[test]
    fn whatever_it_holds_it_is_clean() {
        let rig = Rig::new();
        let file = CleanShutdownFile::new(Arc::clone(&rig.disk), &rig.dir);
        let check = |content: &[u8], broker_epoch| {
            rig.write(CLEAN_SHUTDOWN, content);
            assert_eq!(file.read().expect("read"), Shutdown::Clean { broker_epoch });
        };
        check(b"", None);
        check(b"{", None);
        check(br#"{"version":0}"#, None);
        check(br#"{"version":0,"brokerEpoch":"x"}"#, None);
        check(br#"{"version":7,"brokerEpoch":-1,"more":[]}"#, Some(-1));
        check(&[b' '; 1 << 17], None);
    }
}
