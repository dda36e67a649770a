//! The sessions of a node.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hashbrown::HashMap;
use parking_lot::Mutex;

use super::session::Session;

/// Shards the sessions are spread over, so that IO threads seldom meet.
const SHARDS: usize = 8;

/// Time without a request after which a session makes room for another, and age below which it never makes room for a larger
/// one.
const EVICTION_TIME: Duration = Duration::from_secs(120);

/// A session, shared by the requests that name it.
pub(crate) type SessionHandle = Arc<Mutex<Session>>;

/// The fetch sessions of a node, at most `max.incremental.fetch.session.cache.slots`.
#[derive(Debug)]
pub(crate) struct FetchSessions {
    shards: [Mutex<Shard>; SHARDS],
    next_shard: AtomicU64,
    random: RandomState,
    evicted: AtomicU64,
}

#[derive(Debug)]
struct Shard {
    sessions: HashMap<i32, SessionHandle>,
    slots: usize,
}

/// What decides which of two sessions is kept: a follower's before a consumer's, a larger one before a smaller.
type Worth = (bool, usize, i32);

impl Shard {
    /// Makes room for one more session, if need be by ending another; whether there is room.
    fn make_room(&mut self, is_privileged: bool, size: usize, now: Duration) -> Option<Option<i32>> {
        if self.sessions.len() < self.slots {
            return Some(None);
        }
        let mut idle_longest: Option<(Duration, i32)> = None;
        let mut least_worth: Option<Worth> = None;
        for (&id, handle) in &self.sessions {
            let session = handle.lock();
            if idle_longest.is_none_or(|(last_used, _)| session.last_used < last_used) {
                idle_longest = Some((session.last_used, id));
            }
            let is_evictable = now.saturating_sub(session.created) > EVICTION_TIME
                && (is_privileged || !session.is_privileged);
            let worth = (session.is_privileged, session.len(), id);
            if is_evictable && least_worth.is_none_or(|least| worth < least) {
                least_worth = Some(worth);
            }
        }
        let (last_used, id) = idle_longest?;
        if now.saturating_sub(last_used) > EVICTION_TIME {
            return Some(Some(id));
        }
        let (was_privileged, least_size, id) = least_worth?;
        ((is_privileged, size) > (was_privileged, least_size)).then_some(Some(id))
    }
}

impl FetchSessions {
    /// No sessions yet, and so many at most; none at all for 0.
    pub(crate) fn new(slots: usize) -> Self {
        let slots_of = |shard: usize| slots / SHARDS + usize::from(shard < slots % SHARDS);
        let shard = |index| Mutex::new(Shard { sessions: HashMap::new(), slots: slots_of(index) });
        Self {
            shards: std::array::from_fn(shard),
            next_shard: AtomicU64::new(0),
            random: RandomState::new(),
            evicted: AtomicU64::new(0),
        }
    }

    /// Sessions there are: Kafka's `NumIncrementalFetchSessions`.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().sessions.len()).sum()
    }

    /// Partitions in all sessions: Kafka's `NumIncrementalFetchPartitionsCached`.
    pub(crate) fn partitions(&self) -> usize {
        let handles =
            self.shards.iter().flat_map(|shard| shard.lock().sessions.values().cloned().collect::<Vec<_>>());
        handles.map(|handle| handle.lock().len()).sum()
    }

    /// Sessions that had to make room: Kafka's `IncrementalFetchSessionEvictionsPerSec`.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    fn shard(&self, id: i32) -> &Mutex<Shard> {
        &self.shards[id.unsigned_abs() as usize % SHARDS]
    }

    pub(super) fn find(&self, id: i32) -> Option<SessionHandle> {
        self.shard(id).lock().sessions.get(&id).cloned()
    }

    pub(super) fn remove(&self, id: i32) {
        self.shard(id).lock().sessions.remove(&id);
    }

    /// Keeps a new session, made by `create` with the id it gets; none if there is no room for one of that size.
    pub(super) fn insert(
        &self,
        is_privileged: bool,
        size: usize,
        now: Duration,
        create: impl FnOnce(i32) -> Session,
    ) -> Option<i32> {
        let turn = self.next_shard.fetch_add(1, Ordering::Relaxed);
        let index = (turn % SHARDS as u64) as usize;
        let mut shard = self.shards[index].lock();
        if let Some(evicted) = shard.make_room(is_privileged, size, now)? {
            shard.sessions.remove(&evicted);
            self.evicted.fetch_add(1, Ordering::Relaxed);
        }
        let id = self.unused_id(&shard, index, turn);
        shard.sessions.insert(id, Arc::new(Mutex::new(create(id))));
        Some(id)
    }

    /// A random id of a shard: positive, and no session's.
    fn unused_id(&self, shard: &Shard, index: usize, turn: u64) -> i32 {
        let mut attempt = 0_u64;
        loop {
            let random = self.random.hash_one((turn, attempt));
            let below = (i32::MAX as u64 / SHARDS as u64) * SHARDS as u64;
            let id = (random % below) / SHARDS as u64 * SHARDS as u64 + index as u64;
            let id = i32::try_from(id).unwrap_or(0);
            if id > 0 && !shard.sessions.contains_key(&id) {
                return id;
            }
            attempt += 1;
        }
    }
}
