//! The threads that compact logs.
//!
//! Each of `log.cleaner.threads` looks for the dirtiest log of all log directories, cleans it, applies retention to logs that
//! are compacted, and rests for `log.cleaner.backoff.ms` where there was nothing to clean. All of them together read and write
//! no more than `log.cleaner.io.max.bytes.per.second`. A log that cannot be cleaned is left alone until the next start; the
//! log and the node go on.

mod status;
#[cfg(test)]
mod tests;
mod throttle;
mod work;

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use ottla_config::ServerConfig;
use ottla_log::cleaner::{Cleaner, CleanerSettings};
use ottla_wire::Uuid;
use parking_lot::{Condvar, Mutex};

pub(crate) use status::CleanerNumbers;

use super::Partitions;
use status::ThreadStatus;
use throttle::Throttle;

/// The cleaner of a node.
#[derive(Debug)]
pub(super) struct LogCleaner {
    running: Mutex<Option<Running>>,
    throttle: Arc<Throttle>,
    /// Dirty share of the dirtiest log when it was last looked for one, as the bits of an `f64`.
    max_dirty_ratio: AtomicU64,
    /// When that was, in milliseconds.
    last_run_ms: AtomicI64,
}

/// Threads with the settings they were started with.
#[derive(Debug)]
struct Running {
    settings: Settings,
    stop: Arc<Stop>,
    threads: Vec<CleanerThread>,
}

#[derive(Debug)]
struct CleanerThread {
    handle: JoinHandle<()>,
    status: Arc<Mutex<ThreadStatus>>,
}

/// What makes the threads begin anew when it changes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Settings {
    threads: usize,
    backoff: Duration,
    /// The hash key is drawn when the threads start.
    cleaner: CleanerSettings,
}

impl Settings {
    fn of(config: &ServerConfig) -> Self {
        let keys = &config.keys.cleaner;
        let threads = if keys.log_cleaner_enable { keys.log_cleaner_threads } else { 0 };
        let threads = usize::try_from(threads).unwrap_or(0);
        let share = |bytes: i64| usize::try_from(bytes).unwrap_or(0) / threads.max(1);
        Self {
            threads,
            backoff: Duration::from_millis(u64::try_from(keys.log_cleaner_backoff_ms).unwrap_or(0)),
            cleaner: CleanerSettings {
                dedupe_buffer_bytes: share(keys.log_cleaner_dedupe_buffer_size),
                load_factor: keys.log_cleaner_io_buffer_load_factor,
                io_buffer_bytes: share(keys.log_cleaner_io_buffer_size.into()) / 2,
                hash_key: [0; 2],
            },
        }
    }
}

/// Tells threads to stop, also those that rest.
#[derive(Debug, Default)]
struct Stop {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    fn set(&self) {
        *self.is_set.lock() = true;
        self.changed.notify_all();
    }

    /// Rests; whether it is time to stop.
    fn rest(&self, duration: Duration) -> bool {
        let mut is_set = self.is_set.lock();
        if !*is_set && !duration.is_zero() {
            self.changed.wait_while_for(&mut is_set, |is_set| !*is_set, duration);
        }
        *is_set
    }
}

impl LogCleaner {
    pub(super) fn new(config: &ServerConfig, now_ms: i64) -> Self {
        Self {
            running: Mutex::new(None),
            throttle: Arc::new(Throttle::new(rate(config))),
            max_dirty_ratio: AtomicU64::new(0),
            last_run_ms: AtomicI64::new(now_ms),
        }
    }

    /// Starts the threads, or lets them begin anew if what they go by has changed.
    ///
    /// # Errors
    ///
    /// If the operating system gives no thread.
    pub(super) fn configure(&self, partitions: &Arc<Partitions>, config: &ServerConfig) -> io::Result<()> {
        self.throttle.set_rate(rate(config));
        let settings = Settings::of(config);
        let mut running = self.running.lock();
        if running.as_ref().is_some_and(|running| running.settings == settings) {
            return Ok(());
        }
        if let Some(running) = running.take() {
            running.stop();
        }
        *running = Some(Running::start(partitions, settings)?);
        Ok(())
    }

    /// Stops the threads; what they are cleaning stays dirty.
    pub(super) fn stop(&self) {
        let running = self.running.lock().take();
        if let Some(running) = running {
            running.stop();
        }
    }

    fn note_run(&self, now_ms: i64, max_dirty_ratio: f64) {
        self.last_run_ms.store(now_ms, Ordering::Relaxed);
        self.max_dirty_ratio.store(max_dirty_ratio.to_bits(), Ordering::Relaxed);
    }
}

impl Drop for LogCleaner {
    fn drop(&mut self) {
        if let Some(running) = self.running.get_mut() {
            running.stop.set();
        }
    }
}

fn rate(config: &ServerConfig) -> f64 {
    config.keys.cleaner.log_cleaner_io_max_bytes_per_second
}

impl Running {
    fn start(partitions: &Arc<Partitions>, settings: Settings) -> io::Result<Self> {
        let mut running =
            Self { settings, stop: Arc::default(), threads: Vec::with_capacity(settings.threads) };
        for index in 0..settings.threads {
            match running.start_thread(partitions, index) {
                Ok(thread) => running.threads.push(thread),
                Err(error) => {
                    running.stop();
                    return Err(error);
                }
            }
        }
        Ok(running)
    }

    fn start_thread(&self, partitions: &Arc<Partitions>, index: usize) -> io::Result<CleanerThread> {
        let random = partitions.unique(Uuid::from_halves(0, index as u64));
        let hash_key = [(random >> 64) as u64, random as u64];
        let status = Arc::default();
        let worker = Worker {
            partitions: Arc::downgrade(partitions),
            stop: Arc::clone(&self.stop),
            throttle: Arc::clone(&partitions.cleaner.throttle),
            status: Arc::clone(&status),
            backoff: self.settings.backoff,
        };
        let mut cleaner = Cleaner::new(&CleanerSettings { hash_key, ..self.settings.cleaner });
        let builder = std::thread::Builder::new().name(format!("ottla-cleaner-{index}"));
        Ok(CleanerThread { handle: builder.spawn(move || worker.run(&mut cleaner))?, status })
    }

    fn stop(self) {
        self.stop.set();
        for thread in self.threads {
            if thread.handle.join().is_err() {
                tracing::error!("a thread that cleans logs has panicked");
            }
        }
    }
}

/// One thread.
struct Worker {
    partitions: Weak<Partitions>,
    stop: Arc<Stop>,
    throttle: Arc<Throttle>,
    status: Arc<Mutex<ThreadStatus>>,
    backoff: Duration,
}

impl Worker {
    fn run(self, cleaner: &mut Cleaner) {
        loop {
            let Some(partitions) = self.partitions.upgrade() else { return };
            let mut pace = |bytes| {
                let delay = self.throttle.delay(bytes, partitions.clock.monotonic());
                if self.stop.rest(delay) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let cleaned = partitions.clean_dirtiest(cleaner, &mut pace, &self.status);
            partitions.delete_old_segments_of_compacted();
            drop(partitions);
            let rest = if cleaned { Duration::ZERO } else { self.backoff };
            if self.stop.rest(rest) {
                return;
            }
        }
    }
}
