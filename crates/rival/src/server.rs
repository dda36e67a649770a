//! A process that listens.

use std::fs::{self, File};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::run;

/// How long a server may take to open its port, and to close its files.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long between two looks at a server that starts or stops.
const LOOK: Duration = Duration::from_millis(1);

/// What `/proc/PID/stat` counts in, on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: PathBuf,
    opened: Duration,
}

impl Server {
    /// Starts `command` and returns when `port` of the loopback is open; what the server says is added to `log`.
    pub fn start(mut command: Command, port: u16, log: &Path) -> anyhow::Result<Self> {
        let out = File::options().create(true).append(true).open(log);
        let out = out.with_context(|| format!("cannot open {}", log.display()))?;
        command.stdout(out.try_clone()?).stderr(out);
        // In a group of its own, so that Ctrl-C ends us first and we end it.
        command.process_group(0);
        let start = Instant::now();
        let child = command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let mut server = Self { child, log: log.to_owned(), opened: Duration::ZERO };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status} before it listened, see {}", log.display());
            }
            if start.elapsed() > PATIENCE {
                bail!("the server did not listen within {PATIENCE:?}, see {}", log.display());
            }
            thread::sleep(LOOK);
        }
        server.opened = start.elapsed();
        Ok(server)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The time from its start to its open port.
    pub fn opened(&self) -> Duration {
        self.opened
    }

    /// Seconds of processor time that it has used, in our code and in the kernel's for us.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // The name, in parentheses, may hold spaces; the fields after it are counted from 3.
        let (_, fields) = stat.rsplit_once(')').context("no such process")?;
        let ticks: Result<Vec<u64>, _> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect();
        Ok(ticks?.iter().sum::<u64>() as f64 / TICKS_PER_SECOND)
    }

    /// A field of `/proc/PID/status` in KiB, as `VmRSS`.
    pub fn memory_kib(&self, field: &str) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no such field")?;
        Ok(kib.trim().parse()?)
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> anyhow::Result<ExitStatus> {
        run(Command::new("kill").arg(self.pid().to_string()))?;
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > end {
                bail!("the server did not stop within {PATIENCE:?}, see {}", self.log.display());
            }
            thread::sleep(LOOK);
        }
    }

    /// Ends it as a power switch would end its process: no file is closed, none flushed.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended by itself; either way it is gone now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
