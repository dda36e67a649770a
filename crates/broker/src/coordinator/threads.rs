//! The threads that coordinators run on.

use std::io;
use std::thread::{self, JoinHandle};

use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;

/// One thread: where to spawn, and what keeps it alive.
struct Thread {
    runtime: Handle,
    /// Tasks hold a clone; when the last one is gone, the thread ends.
    alive: mpsc::Sender<()>,
    join: JoinHandle<()>,
}

/// Threads with a runtime each.
pub(super) struct Threads(Mutex<Vec<Thread>>);

impl Threads {
    pub(super) fn start(count: usize, what: &str) -> io::Result<Self> {
        let threads: io::Result<Vec<Thread>> =
            (0..count.max(1)).map(|number| start_one(what, number)).collect();
        Ok(Self(Mutex::new(threads?)))
    }

    /// Runs a task for as long as it takes. The same number always runs on the same thread.
    pub(super) fn spawn(&self, number: i32, task: impl Future<Output = ()> + Send + 'static) {
        let threads = self.0.lock();
        if threads.is_empty() {
            return;
        }
        let index = usize::try_from(number).unwrap_or(0) % threads.len();
        let thread = &threads[index];
        let alive = thread.alive.clone();
        thread.runtime.spawn(async move {
            task.await;
            drop(alive);
        });
    }

    /// Waits until all tasks have ended, and the threads with them.
    pub(super) fn join(&self) {
        for thread in std::mem::take(&mut *self.0.lock()) {
            drop(thread.alive);
            // A thread that has panicked has said so.
            let _ = thread.join.join();
        }
    }
}

fn start_one(what: &str, number: usize) -> io::Result<Thread> {
    // Partitions load one after another, each with a buffer of its own that may be large.
    let runtime = Builder::new_current_thread().enable_time().max_blocking_threads(1).build()?;
    let handle = runtime.handle().clone();
    let (alive, mut ended) = mpsc::channel::<()>(1);
    let work = move || {
        runtime.block_on(async {
            // Nobody ever sends: this waits for the last sender to go.
            let _ = ended.recv().await;
        });
    };
    let join = thread::Builder::new().name(format!("ottla-{what}-{number}")).spawn(work)?;
    Ok(Thread { runtime: handle, alive, join })
}
