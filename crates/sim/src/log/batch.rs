//! A batch as the truth knows it.

use std::sync::Arc;

/// What is known of a batch without asking the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) base: i64,
    pub(super) leader_epoch: i32,
    /// Of each record; there is at least one.
    pub(super) timestamps: Vec<i64>,
    pub(super) producer: Option<Producer>,
    pub(super) content: Content,
    /// The batch as the log file must hold it.
    pub(super) bytes: Vec<u8>,
}

/// Who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Producer {
    pub(super) id: i64,
    pub(super) epoch: i16,
    /// Of the first record; -1 for markers.
    pub(super) sequence: i32,
}

/// What it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Data { transactional: bool },
    Marker { aborts: bool, coordinator_epoch: i32 },
}

impl Batch {
    pub(super) fn last(&self) -> i64 {
        self.next() - 1
    }

    /// The offset after its last.
    pub(super) fn next(&self) -> i64 {
        self.base + self.timestamps.len() as i64
    }

    pub(super) fn max_timestamp(&self) -> i64 {
        self.timestamps.iter().copied().max().unwrap_or(-1)
    }

    pub(super) fn last_sequence(&self) -> i32 {
        match self.producer {
            // Sequences go round after the largest.
            Some(Producer { sequence: first @ 0.., .. }) => {
                ((i64::from(first) + self.timestamps.len() as i64 - 1) % (1 << 31)) as i32
            }
            _ => -1,
        }
    }

    /// One line for the trace.
    pub(super) fn describe(&self) -> String {
        let Self { base, leader_epoch, producer, content, bytes, .. } = self;
        let who = match (producer, content) {
            (Some(p), Content::Marker { aborts, .. }) => {
                format!(" {} of {}/{}", if *aborts { "abort" } else { "commit" }, p.id, p.epoch)
            }
            (Some(p), Content::Data { transactional }) => {
                let what = if *transactional { "transactional" } else { "idempotent" };
                format!(" {what} {}/{} from {}", p.id, p.epoch, p.sequence)
            }
            (None, _) => String::new(),
        };
        format!("{base}..={} epoch {leader_epoch}{who} ({} bytes)", self.last(), bytes.len())
    }
}

/// Batches in the order of their offsets, from the first one there ever was.
pub(super) type Timeline = Vec<Arc<Batch>>;
