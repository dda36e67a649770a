//! One fetch session.

use std::collections::BTreeMap;
use std::time::Duration;

use hashbrown::HashMap;
use ottla_record::{LeaderEpoch, Offset};
use ottla_wire::{KafkaString, Uuid};

/// How a request names a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TopicKey {
    /// By its name, up to version 12.
    Name(KafkaString),
    /// By its id, from version 13 on.
    Id(Uuid),
}

/// How a request names a partition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PartitionKey {
    /// Its topic.
    pub(crate) topic: TopicKey,
    /// Its number.
    pub(crate) index: i32,
}

/// A partition that a client wants to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedPartition {
    /// Which.
    pub(crate) key: PartitionKey,
    /// From where on.
    pub(crate) fetch_offset: Offset,
    /// Most bytes wanted of it.
    pub(crate) bytes_max: i32,
    /// The leader epoch the client knows.
    pub(crate) current_leader_epoch: Option<LeaderEpoch>,
    /// The epoch of the client's last record.
    pub(crate) last_fetched_epoch: Option<LeaderEpoch>,
}

/// What of an answer decides whether a session's client must be sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Whether there are records.
    pub(crate) has_records: bool,
    /// Whether there was an error.
    pub(crate) has_error: bool,
    /// Whether the logs of client and leader part.
    pub(crate) is_diverging: bool,
    /// The high watermark.
    pub(crate) high_watermark: i64,
    /// First offset of the log.
    pub(crate) log_start_offset: i64,
}

/// A partition in a session: what the client wants, and what it was told last.
#[derive(Debug)]
struct CachedPartition {
    wanted: WantedPartition,
    high_watermark: i64,
    log_start_offset: i64,
}

/// In place of what a client was told of a partition: nothing that holds, so that it is told again.
const UNTOLD: i64 = -1;

impl CachedPartition {
    /// Takes note of an answer; whether the client must be sent it.
    fn update(&mut self, answer: &Answer) -> bool {
        let mut must_send = answer.has_records || answer.is_diverging;
        if self.high_watermark != answer.high_watermark {
            self.high_watermark = answer.high_watermark;
            must_send = true;
        }
        if self.log_start_offset != answer.log_start_offset {
            self.log_start_offset = answer.log_start_offset;
            must_send = true;
        }
        if answer.has_error {
            // When the error goes away the client is to be told of the partition again.
            self.high_watermark = UNTOLD;
            must_send = true;
        }
        must_send
    }
}

/// Partitions that a session may hold; a request of the usual size limit can name a few more.
pub(super) const PARTITIONS_MAX: usize = 200_000;

/// One fetch session.
///
/// Its partitions have an order, in which they are read. Those that gave records go to its end, so that in the long run all
/// get their share of the bytes of an answer.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) id: i32,
    /// The epoch that the next request must have.
    pub(super) epoch: i32,
    /// Whether it is a follower's, which is kept in preference to consumers'.
    pub(super) is_privileged: bool,
    pub(super) uses_topic_ids: bool,
    pub(super) created: Duration,
    pub(super) last_used: Duration,
    partitions: BTreeMap<u64, CachedPartition>,
    places: HashMap<PartitionKey, u64>,
    next_place: u64,
}

impl Session {
    pub(super) fn new(id: i32, is_privileged: bool, uses_topic_ids: bool, now: Duration) -> Self {
        Self {
            id,
            epoch: next_epoch(INITIAL_EPOCH),
            is_privileged,
            uses_topic_ids,
            created: now,
            last_used: now,
            partitions: BTreeMap::new(),
            places: HashMap::new(),
            next_place: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.partitions.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Adds a partition behind the others, or changes what is wanted of it.
    pub(super) fn want(&mut self, wanted: WantedPartition) {
        let place = self.places.get(&wanted.key).copied();
        match place.and_then(|place| self.partitions.get_mut(&place)) {
            Some(cached) => cached.wanted = wanted,
            None => {
                let key = detached(&wanted.key);
                let wanted = WantedPartition { key: key.clone(), ..wanted };
                let cached = CachedPartition { wanted, high_watermark: UNTOLD, log_start_offset: UNTOLD };
                self.push(key, cached);
            }
        }
    }

    /// Takes a partition out.
    pub(super) fn forget(&mut self, key: &PartitionKey) {
        if let Some(place) = self.places.remove(key) {
            self.partitions.remove(&place);
        }
    }

    /// What the client wants, in the order in which it is to be read.
    pub(super) fn wanted(&self) -> Vec<WantedPartition> {
        self.partitions.values().map(|cached| cached.wanted.clone()).collect()
    }

    /// Takes note of the answer for a partition; whether the client must be sent it. Of one that was forgotten meanwhile it
    /// need not know.
    pub(super) fn update(&mut self, key: &PartitionKey, answer: &Answer) -> bool {
        let Some(&place) = self.places.get(key) else { return false };
        let Some(cached) = self.partitions.get_mut(&place) else { return false };
        let must_send = cached.update(answer);
        if answer.has_records
            && let Some(cached) = self.partitions.remove(&place)
        {
            self.push(key.clone(), cached);
        }
        must_send
    }

    fn push(&mut self, key: PartitionKey, cached: CachedPartition) {
        let place = self.next_place;
        self.next_place += 1;
        self.places.insert(key, place);
        self.partitions.insert(place, cached);
    }
}

/// A key that holds on to no request.
fn detached(key: &PartitionKey) -> PartitionKey {
    let topic = match &key.topic {
        TopicKey::Name(name) => TopicKey::Name(name.detach()),
        TopicKey::Id(id) => TopicKey::Id(*id),
    };
    PartitionKey { topic, index: key.index }
}

/// The epoch of a request that begins a session.
pub(super) const INITIAL_EPOCH: i32 = 0;
/// The epoch of a request that is in no session, and ends the one it names.
pub(super) const FINAL_EPOCH: i32 = -1;

/// The epoch after another: back to 1 after the highest.
pub(super) fn next_epoch(epoch: i32) -> i32 {
    match epoch {
        ..INITIAL_EPOCH => FINAL_EPOCH,
        i32::MAX => 1,
        epoch => epoch + 1,
    }
}
