//! What becomes of a record after its send.

use std::sync::{Arc, OnceLock};

use ottla_record::{Offset, Timestamp};
use ottla_wire::KafkaString;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::error::ProduceError;

/// A record on its way. May be dropped by who does not want to know.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub(super) result: Arc<BatchResult>,
    pub(super) index: i32,
    pub(super) timestamp: Timestamp,
}

/// A record that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordMetadata {
    /// The topic.
    pub topic: KafkaString,
    /// The partition.
    pub partition: i32,
    /// Its offset; -1 if the broker was not asked to tell, or had the record already.
    pub offset: Offset,
    /// Its timestamp: the broker's, if the topic has it so, otherwise its own.
    pub timestamp: Timestamp,
}

/// What becomes of a batch.
#[derive(Debug)]
pub(super) struct BatchResult {
    pub(super) topic: KafkaString,
    pub(super) partition: i32,
    outcome: OnceLock<(Outcome, Instant)>,
    done: Notify,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Acknowledged {
        base_offset: Offset,
        log_append_time: Option<Timestamp>,
    },
    Failed(BatchFailure),
    /// The batch went on in parts: the index of the first record of each.
    Split(Vec<(i32, Arc<BatchResult>)>),
}

/// Why a batch failed, and what the broker said of single records.
#[derive(Debug)]
pub(super) struct BatchFailure {
    pub(super) error: ProduceError,
    pub(super) records: Vec<(i32, ProduceError)>,
}

impl From<ProduceError> for BatchFailure {
    fn from(error: ProduceError) -> Self {
        Self { error, records: Vec::new() }
    }
}

impl BatchFailure {
    fn of(&self, index: i32) -> ProduceError {
        match self.records.iter().find(|(failed, _)| *failed == index) {
            Some((_, error)) => error.clone(),
            None if self.records.is_empty() => self.error.clone(),
            None => ProduceError::InBadCompany,
        }
    }
}

impl BatchResult {
    pub(super) fn new(topic: KafkaString, partition: i32) -> Arc<Self> {
        Arc::new(Self { topic, partition, outcome: OnceLock::new(), done: Notify::new() })
    }

    /// Sets the outcome; the first one counts.
    pub(super) fn complete(&self, outcome: Outcome) {
        let _ = self.outcome.set((outcome, Instant::now()));
        self.done.notify_waiters();
    }

    pub(super) fn is_done(&self) -> bool {
        self.outcome.get().is_some()
    }

    /// Waits until the batch, or all of its parts, are acknowledged or failed.
    pub(super) async fn wait(self: &Arc<Self>) {
        let mut results = vec![Arc::clone(self)];
        while let Some(result) = results.pop() {
            if let (Outcome::Split(parts), _) = result.outcome().await {
                results.extend(parts.iter().map(|(_, part)| Arc::clone(part)));
            }
        }
    }

    async fn outcome(&self) -> &(Outcome, Instant) {
        loop {
            let done = self.done.notified();
            if let Some(outcome) = self.outcome.get() {
                return outcome;
            }
            done.await;
        }
    }
}

impl Delivery {
    /// Waits until the record is acknowledged.
    ///
    /// # Errors
    ///
    /// It was not, for the reason given.
    pub async fn done(&self) -> Result<RecordMetadata, ProduceError> {
        let (mut result, mut index) = (Arc::clone(&self.result), self.index);
        loop {
            let next = match &result.outcome().await.0 {
                Outcome::Split(parts) => part(parts, &mut index),
                outcome => return self.told(&result, outcome, index),
            };
            result = next;
        }
    }

    /// What became of the record, if that is known already, and since when.
    pub fn try_done(&self) -> Option<(Result<RecordMetadata, ProduceError>, Instant)> {
        let (mut result, mut index) = (Arc::clone(&self.result), self.index);
        loop {
            let next = match result.outcome.get()? {
                (Outcome::Split(parts), _) => part(parts, &mut index),
                (outcome, at) => return Some((self.told(&result, outcome, index), *at)),
            };
            result = next;
        }
    }

    fn told(
        &self,
        result: &BatchResult,
        outcome: &Outcome,
        index: i32,
    ) -> Result<RecordMetadata, ProduceError> {
        let (base_offset, log_append_time) = match outcome {
            Outcome::Acknowledged { base_offset, log_append_time } => (*base_offset, *log_append_time),
            Outcome::Failed(failure) => return Err(failure.of(index)),
            Outcome::Split(_) => return Err(ProduceError::InBadCompany),
        };
        let offset = if base_offset.is_some() { base_offset + i64::from(index) } else { Offset::NONE };
        Ok(RecordMetadata {
            topic: result.topic.clone(),
            partition: result.partition,
            offset,
            timestamp: log_append_time.unwrap_or(self.timestamp),
        })
    }
}

/// The part that has the record, whose index from then on counts within it.
fn part(parts: &[(i32, Arc<BatchResult>)], index: &mut i32) -> Arc<BatchResult> {
    let position = parts.partition_point(|(first, _)| first <= index).saturating_sub(1);
    let (first, part) = &parts[position];
    *index -= first;
    Arc::clone(part)
}
