//! Requests that wait for a partition to move on: fetches for bytes, produces for the high watermark.
//!
//! Nobody polls. A request registers one [`Waiter`] with all of its partitions and sleeps; a partition that moves wakes
//! it once, however many moves follow before the request runs again. A partition without waiters pays one atomic load.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use hashbrown::HashMap;
use ottla_record::Offset;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Partition;

/// What a request waits for at one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// More bytes for consumers. Each move of the high watermark counts with what it made visible.
    Bytes,
    /// The high watermark at this offset or above. Counts 1 when it is reached.
    HighWatermark(Offset),
}

/// One waiting request.
#[derive(Debug)]
pub(crate) struct Waiter {
    /// What is still missing, in the unit of what is wanted: bytes, or partitions.
    missing: AtomicI64,
    notify: Notify,
}

impl Waiter {
    fn new(missing: i64) -> Arc<Self> {
        Arc::new(Self { missing: AtomicI64::new(missing), notify: Notify::new() })
    }

    /// Counts what came; whether the request now has all, so that it need not be told of more.
    fn count(&self, arrived: i64) -> bool {
        if self.missing.fetch_sub(arrived, Ordering::AcqRel) > arrived {
            return false;
        }
        self.notify.notify_one();
        true
    }

    /// Wakes the request whatever it lacks: things have changed.
    fn wake(&self) {
        self.missing.store(0, Ordering::Release);
        self.notify.notify_one();
    }

    fn is_done(&self) -> bool {
        self.missing.load(Ordering::Acquire) <= 0
    }
}

#[derive(Debug)]
struct Entry {
    wanted: Wanted,
    waiter: Arc<Waiter>,
}

impl Entry {
    /// Tells the waiter how far the partition came; whether it can be forgotten.
    fn advance(&self, high_watermark: Offset, bytes: i64) -> bool {
        match self.wanted {
            Wanted::Bytes => self.waiter.count(bytes),
            Wanted::HighWatermark(offset) if offset <= high_watermark => {
                self.waiter.count(1);
                true
            }
            Wanted::HighWatermark(_) => false,
        }
    }
}

/// The requests that wait for one partition. There are never more than requests in flight, of which each connection has
/// a bounded number.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    /// Entries in the map: what an append looks at without the lock.
    count: AtomicUsize,
    entries: Mutex<HashMap<u64, Entry>>,
}

impl Waiters {
    fn insert(&self, key: u64, entry: Entry) {
        let mut entries = self.entries.lock();
        entries.insert(key, entry);
        self.count.store(entries.len(), Ordering::SeqCst);
    }

    fn remove(&self, key: u64) {
        let mut entries = self.entries.lock();
        entries.remove(&key);
        self.count.store(entries.len(), Ordering::SeqCst);
    }

    /// The high watermark moved to `high_watermark`, which made `bytes` visible.
    pub(crate) fn advance(&self, high_watermark: Offset, bytes: u32) {
        // Together with the same order of store and load in `Registration::add` this cannot miss a request: either it is
        // seen here, or it sees the high watermark that was stored before.
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut entries = self.entries.lock();
        entries.retain(|_, entry| !entry.advance(high_watermark, bytes.into()));
        self.count.store(entries.len(), Ordering::SeqCst);
    }

    /// The partition is not what it was: other leader, other epoch, offline, deleted.
    pub(crate) fn wake_all(&self) {
        let mut entries = self.entries.lock();
        entries.drain().for_each(|(_, entry)| entry.waiter.wake());
        self.count.store(0, Ordering::SeqCst);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// A request's entries at its partitions; they go with it.
#[derive(Debug)]
pub(crate) struct Registration {
    key: u64,
    waiter: Arc<Waiter>,
    partitions: Vec<Arc<Partition>>,
}

/// Tells registrations apart; wraps after more requests than there will ever be.
static NEXT_KEY: AtomicU64 = AtomicU64::new(0);

impl Registration {
    /// A request that lacks this many bytes.
    pub(crate) fn for_bytes(missing: i64) -> Self {
        Self::new(missing)
    }

    /// A request that lacks the high watermark of this many partitions.
    pub(crate) fn for_high_watermarks(partitions: usize) -> Self {
        Self::new(i64::try_from(partitions).unwrap_or(i64::MAX))
    }

    fn new(missing: i64) -> Self {
        let key = NEXT_KEY.fetch_add(1, Ordering::Relaxed);
        Self { key, waiter: Waiter::new(missing.max(1)), partitions: Vec::new() }
    }

    /// Waits at one more partition.
    ///
    /// `seen` is the high watermark when the request last looked. If it has moved since, the request is woken at once and
    /// looks again.
    pub(crate) fn add(&mut self, partition: &Arc<Partition>, wanted: Wanted, seen: Offset) {
        let entry = Entry { wanted, waiter: Arc::clone(&self.waiter) };
        partition.waiters().insert(self.key, entry);
        self.partitions.push(Arc::clone(partition));
        if partition.high_watermark() != seen || !partition.is_leader() {
            self.waiter.wake();
        }
    }

    /// Waits until nothing is missing any more, or a partition has changed.
    pub(crate) async fn done(&self) {
        while !self.waiter.is_done() {
            self.waiter.notify.notified().await;
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        for partition in &self.partitions {
            partition.waiters().remove(self.key);
        }
    }
}
