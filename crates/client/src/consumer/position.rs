//! Where a consumer is in one partition, and what it must do before it can go on.

use ottla_record::{LeaderEpoch, Offset};
use tokio::time::Instant;

use super::offset_reset::OffsetReset;

/// Who leads a partition, as far as the client knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leader {
    /// Node id; `None` if there is no leader, or none is known.
    pub(crate) id: Option<i32>,
    /// Its term; `None` if the cluster does not say.
    pub(crate) epoch: Option<LeaderEpoch>,
}

/// The next offset to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) offset: Offset,
    /// The leader epoch of the record before, to notice a log that was cut (KIP-320).
    pub(crate) offset_epoch: Option<LeaderEpoch>,
    /// The leader for which the position was found to be right.
    pub(crate) leader: Leader,
}

impl Position {
    /// A position without knowledge of epochs or leaders.
    pub(crate) fn at(offset: Offset) -> Self {
        Self { offset, offset_epoch: None, leader: Leader::default() }
    }
}

/// What a partition waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartitionPhase {
    /// Its committed offset.
    Initializing,
    /// The offset that stands for the policy.
    AwaitingReset(OffsetReset),
    /// The word of a new leader that the position is in its log.
    AwaitingValidation(Position),
    /// Nothing: it can be fetched.
    Fetching(Position),
}

/// State of an assigned partition.
#[derive(Clone, Debug)]
pub(crate) struct PartitionState {
    pub(crate) phase: PartitionPhase,
    /// By the user.
    pub(crate) paused: bool,
    /// Revoked as soon as what was read of it is committed: nothing more is handed out.
    pub(crate) pending_revocation: bool,
    pub(crate) high_watermark: Option<Offset>,
    pub(crate) last_stable_offset: Option<Offset>,
    pub(crate) log_start_offset: Option<Offset>,
    /// The replica to read from instead of the leader, until this time (KIP-392).
    pub(crate) preferred_replica: Option<(i32, Instant)>,
    /// No request about its position before this time.
    pub(crate) retry_at: Option<Instant>,
}

impl Default for PartitionState {
    fn default() -> Self {
        Self {
            phase: PartitionPhase::Initializing,
            paused: false,
            pending_revocation: false,
            high_watermark: None,
            last_stable_offset: None,
            log_start_offset: None,
            preferred_replica: None,
            retry_at: None,
        }
    }
}

impl PartitionState {
    /// The position, if it has one, valid or not.
    pub(crate) fn position(&self) -> Option<Position> {
        match self.phase {
            PartitionPhase::AwaitingValidation(position) | PartitionPhase::Fetching(position) => {
                Some(position)
            }
            PartitionPhase::Initializing | PartitionPhase::AwaitingReset(_) => None,
        }
    }

    /// The position, if records can be fetched from it and handed out.
    pub(crate) fn fetchable(&self) -> Option<Position> {
        match self.phase {
            PartitionPhase::Fetching(position) if !self.paused && !self.pending_revocation => Some(position),
            _ => None,
        }
    }

    pub(crate) fn seek_validated(&mut self, position: Position) {
        self.phase = PartitionPhase::Fetching(position);
        self.retry_at = None;
    }

    /// Goes to a position that the leader may have to confirm.
    pub(crate) fn seek_unvalidated(&mut self, position: Position) {
        self.seek_validated(position);
        self.validate(position);
    }

    fn validate(&mut self, position: Position) {
        self.retry_at = None;
        self.phase = match (position.offset_epoch, position.leader.epoch) {
            (Some(_), Some(_)) => PartitionPhase::AwaitingValidation(position),
            _ => PartitionPhase::Fetching(position),
        };
    }

    pub(crate) fn reset(&mut self, to: OffsetReset) {
        self.phase = PartitionPhase::AwaitingReset(to);
        self.preferred_replica = None;
        self.retry_at = None;
    }

    /// Takes note of the leader: a new one must confirm the position.
    pub(crate) fn update_leader(&mut self, leader: Leader) {
        let Some(position) = self.position() else { return };
        if leader.id.is_some() && position.leader != leader {
            self.validate(Position { leader, ..position });
            self.preferred_replica = None;
        }
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.retry_at.is_none_or(|at| at <= now)
    }
}
