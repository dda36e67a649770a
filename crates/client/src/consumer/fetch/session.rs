//! A fetch session with one broker: later requests carry only what changed (KIP-227).

use std::collections::{BTreeMap, HashMap};

use ottla_wire::api::fetch::{
    FetchPartition, FetchRequest, FetchResponse, FetchTopic, FetchableTopicResponse, ForgottenTopic,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use crate::consumer::TopicPartition;

/// The epoch of a request that opens a session.
const INITIAL_EPOCH: i32 = 0;
/// The epoch of a request that closes its session and opens none.
const FINAL_EPOCH: i32 = -1;
/// The first version that names topics by id.
pub(super) const TOPIC_IDS_VERSION: i16 = 13;

/// What is asked for of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(super) topic_id: Uuid,
    pub(super) offset: i64,
    pub(super) leader_epoch: i32,
    pub(super) max_bytes: i32,
}

/// The partitions of one request.
pub(super) type WantedPartitions = BTreeMap<TopicPartition, Wanted>;

/// A session with one broker.
#[derive(Debug, Default)]
pub(super) struct Session {
    id: i32,
    epoch: i32,
    partitions: WantedPartitions,
    names: HashMap<Uuid, KafkaString>,
}

/// The answer does not fit the session: a full request follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SessionLost(pub(super) ErrorCode);

impl Session {
    /// What the session is asked for, after the last request.
    pub(super) fn wanted(&self, partition: &TopicPartition) -> Option<&Wanted> {
        self.partitions.get(partition)
    }

    /// Fills a request that asks for `next`: all of it, or only what differs from before. Returns whether all
    /// topics go by id.
    pub(super) fn fill(&mut self, request: &mut FetchRequest, next: WantedPartitions) -> bool {
        request.session_id = self.id;
        request.session_epoch = self.epoch;
        let mut with_ids = next.values().all(|wanted| !wanted.topic_id.is_zero());
        if self.epoch == INITIAL_EPOCH || self.epoch == FINAL_EPOCH {
            request.topics = topics(next.iter());
        } else {
            let before = &self.partitions;
            let changed = next.iter().filter(|(partition, wanted)| before.get(*partition) != Some(wanted));
            request.topics = topics(changed);
            let is_gone = |(partition, wanted): &(&TopicPartition, &Wanted)| {
                // A topic of the same name but another id is another one.
                next.get(*partition).is_none_or(|next| next.topic_id != wanted.topic_id)
            };
            let gone: Vec<_> = before.iter().filter(is_gone).collect();
            with_ids &= gone.iter().all(|(_, wanted)| !wanted.topic_id.is_zero());
            request.forgotten_topics_data = forgotten(gone);
        }
        self.names =
            next.iter().map(|(partition, wanted)| (wanted.topic_id, partition.topic.clone())).collect();
        self.partitions = next;
        with_ids
    }

    /// Whether the session knows nothing that the broker should forget.
    pub(super) fn is_idle(&self) -> bool {
        self.partitions.is_empty() || self.id == 0
    }

    /// The topic of a part of the answer.
    pub(super) fn topic<'a>(
        &'a self,
        topic: &'a FetchableTopicResponse,
        version: i16,
    ) -> Option<&'a KafkaString> {
        if version < TOPIC_IDS_VERSION { Some(&topic.topic) } else { self.names.get(&topic.topic_id) }
    }

    /// Takes note of the answer to the last request.
    pub(super) fn handle(&mut self, response: &FetchResponse, version: i16) -> Result<(), SessionLost> {
        match ErrorCode::from(response.error_code) {
            ErrorCode::None => {}
            code @ ErrorCode::FetchSessionIdNotFound => {
                self.restart();
                return Err(SessionLost(code));
            }
            code => {
                self.close_and_restart();
                return Err(SessionLost(code));
            }
        }
        let is_full = self.epoch == INITIAL_EPOCH || self.epoch == FINAL_EPOCH;
        let answered: usize = response.responses.iter().map(|topic| topic.partitions.len()).sum();
        if is_full && answered == 0 && response.throttle_time_ms > 0 {
            self.restart();
            return Err(SessionLost(ErrorCode::ThrottlingQuotaExceeded));
        }
        if !self.fits(response, version) || (is_full && answered != self.partitions.len()) {
            if is_full {
                self.restart()
            } else {
                self.close_and_restart()
            }
            return Err(SessionLost(ErrorCode::InvalidFetchSessionEpoch));
        }
        if response.session_id == 0 {
            self.restart();
        } else if is_full {
            (self.id, self.epoch) = (response.session_id, 1);
        } else {
            self.epoch = if self.epoch == i32::MAX { 1 } else { self.epoch + 1 };
        }
        Ok(())
    }

    /// Whether the answer speaks of nothing but what the session has.
    fn fits(&self, response: &FetchResponse, version: i16) -> bool {
        response.responses.iter().all(|topic| {
            let Some(name) = self.topic(topic, version) else { return false };
            topic.partitions.iter().all(|partition| {
                let key = TopicPartition { topic: name.clone(), partition: partition.partition_index };
                self.partitions.contains_key(&key)
            })
        })
    }

    /// No answer came: whether the broker has seen the request nobody knows.
    pub(super) fn failed(&mut self) {
        self.close_and_restart();
    }

    /// A request that ends the session, if there is one.
    pub(super) fn close(&mut self) -> Option<FetchRequest> {
        let id = std::mem::take(&mut self.id);
        *self = Self::default();
        let request = FetchRequest { session_id: id, session_epoch: FINAL_EPOCH, ..Default::default() };
        (id != 0).then_some(request)
    }

    /// The next request is full, and opens a session if the broker likes.
    fn restart(&mut self) {
        (self.id, self.epoch) = (0, INITIAL_EPOCH);
    }

    /// The next request is full and takes the place of the session.
    fn close_and_restart(&mut self) {
        self.epoch = INITIAL_EPOCH;
    }
}

fn topics<'a>(partitions: impl Iterator<Item = (&'a TopicPartition, &'a Wanted)>) -> Vec<FetchTopic> {
    let mut topics: Vec<FetchTopic> = Vec::new();
    for (partition, wanted) in partitions {
        let part = FetchPartition {
            partition: partition.partition,
            current_leader_epoch: wanted.leader_epoch,
            fetch_offset: wanted.offset,
            partition_max_bytes: wanted.max_bytes,
            ..Default::default()
        };
        match topics.last_mut().filter(|topic| topic.topic == partition.topic) {
            Some(topic) => topic.partitions.push(part),
            None => topics.push(FetchTopic {
                topic: partition.topic.clone(),
                topic_id: wanted.topic_id,
                partitions: vec![part],
                ..Default::default()
            }),
        }
    }
    topics
}

fn forgotten(partitions: Vec<(&TopicPartition, &Wanted)>) -> Vec<ForgottenTopic> {
    let mut topics: Vec<ForgottenTopic> = Vec::new();
    for (partition, wanted) in partitions {
        match topics.last_mut().filter(|topic| topic.topic == partition.topic) {
            Some(topic) => topic.partitions.push(partition.partition),
            None => topics.push(ForgottenTopic {
                topic: partition.topic.clone(),
                topic_id: wanted.topic_id,
                partitions: vec![partition.partition],
                ..Default::default()
            }),
        }
    }
    topics
}
