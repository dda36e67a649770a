//! The topics that a client wants to know of.

use std::collections::HashMap;
use std::time::Duration;

use ottla_wire::KafkaString;
use ottla_wire::api::metadata::MetadataRequestTopic;
use tokio::time::Instant;

/// The topics that a client wants to know of.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    topics: HashMap<KafkaString, Instant>,
    all: bool,
    /// Unused topics are forgotten after so long.
    idle: Option<Duration>,
}

impl Wanted {
    pub(super) fn new(idle: Option<Duration>) -> Self {
        Self { idle, ..Self::default() }
    }

    /// Wants a topic from now on; whether it was not wanted before.
    pub(super) fn add(&mut self, topic: &KafkaString, now: Instant) -> bool {
        match self.topics.get_mut(topic.as_str()) {
            Some(used) => {
                *used = now;
                false
            }
            None => self.topics.insert(topic.detach(), now).is_none(),
        }
    }

    /// Wants just these topics; whether some were not wanted before.
    pub(super) fn set(&mut self, topics: impl IntoIterator<Item = KafkaString>, now: Instant) -> bool {
        let before = std::mem::take(&mut self.topics);
        self.topics = topics.into_iter().map(|topic| (topic, now)).collect();
        let was_all = std::mem::replace(&mut self.all, false);
        was_all || self.topics.keys().any(|topic| !before.contains_key(topic))
    }

    /// Wants all topics; whether it did not before.
    pub(super) fn set_all(&mut self) -> bool {
        !std::mem::replace(&mut self.all, true)
    }

    pub(super) fn is_nothing(&self) -> bool {
        !self.all && self.topics.is_empty()
    }

    /// What to ask for: `None` is all topics.
    pub(super) fn request(&mut self, now: Instant) -> Option<Vec<MetadataRequestTopic>> {
        if let Some(idle) = self.idle {
            self.topics.retain(|_, used| now.saturating_duration_since(*used) < idle);
        }
        if self.all {
            return None;
        }
        let mut names: Vec<_> = self.topics.keys().cloned().collect();
        names.sort();
        let topic = |name| MetadataRequestTopic { name: Some(name), ..MetadataRequestTopic::default() };
        Some(names.into_iter().map(topic).collect())
    }
}
