//! Transactions whose coordinator has yet to say that they are open (KIP-890).

use std::collections::BTreeMap;

use ottla_record::{ProducerId, Timestamp};

/// Names a question to a producer's coordinator; no two of a log are the same.
///
/// Whoever was answered shows it at the append. Had the transaction ended meanwhile, the question would be gone, and
/// the answer, which is of an older transaction, would not be taken for one of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerificationGuard(u64);

/// What an append must show for a batch of a transaction that the log does not know to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Nothing.
    NotNeeded,
    /// The guard of a question that the coordinator has answered; without one, the batch is refused.
    Needed(Option<VerificationGuard>),
}

/// What is remembered of a producer between the question to its coordinator and the append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerificationState {
    /// When the first question was asked.
    pub created: Timestamp,
    /// Lowest sequence asked for in this epoch: a higher one must not be appended before it.
    pub lowest_sequence: i32,
    /// The producer's epoch.
    pub producer_epoch: i16,
    /// Whether the client has a new epoch for each transaction.
    pub supports_epoch_bump: bool,
}

/// All producers with a question open. As of producers themselves there are as many as ask, until they expire.
#[derive(Debug, Default)]
pub(super) struct Verifications {
    states: BTreeMap<ProducerId, (VerificationGuard, VerificationState)>,
    next_guard: u64,
}

impl Verifications {
    pub(super) fn begin(&mut self, producer_id: ProducerId, state: VerificationState) -> VerificationGuard {
        let next_guard = &mut self.next_guard;
        let (guard, known) = self.states.entry(producer_id).or_insert_with(|| {
            *next_guard += 1;
            (VerificationGuard(*next_guard), state)
        });
        if state.producer_epoch > known.producer_epoch {
            known.producer_epoch = state.producer_epoch;
            known.lowest_sequence = state.lowest_sequence;
        } else if state.producer_epoch == known.producer_epoch {
            known.lowest_sequence = known.lowest_sequence.min(state.lowest_sequence);
        }
        *guard
    }

    pub(super) fn state(&self, producer_id: ProducerId) -> Option<&VerificationState> {
        self.states.get(&producer_id).map(|(_, state)| state)
    }

    pub(super) fn guard(&self, producer_id: ProducerId) -> Option<VerificationGuard> {
        self.states.get(&producer_id).map(|(guard, _)| *guard)
    }

    pub(super) fn end(&mut self, producer_id: ProducerId) {
        self.states.remove(&producer_id);
    }

    pub(super) fn remove_older_than(&mut self, age_ms: i64, now: Timestamp) {
        self.states.retain(|_, (_, state)| now.0.saturating_sub(state.created.0) < age_ms);
    }
}
