//! The states of a transactional producer.

use std::fmt;

/// What a transactional producer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::producer) enum State {
    /// The coordinator has not been asked for an epoch yet.
    Uninitialized,
    Initializing,
    /// Between two transactions.
    Ready,
    InTransaction,
    Committing,
    Aborting,
    /// Something failed; the transaction can only be aborted.
    AbortableError,
    /// Nothing is possible any more.
    FatalError,
}

impl State {
    #[cfg(test)]
    pub(super) const ALL: [Self; 8] = [
        Self::Uninitialized,
        Self::Initializing,
        Self::Ready,
        Self::InTransaction,
        Self::Committing,
        Self::Aborting,
        Self::AbortableError,
        Self::FatalError,
    ];

    /// Whether the producer may go from this state to `next`.
    pub(super) const fn may_become(self, next: Self) -> bool {
        use State::{
            AbortableError, Aborting, Committing, FatalError, InTransaction, Initializing, Ready,
            Uninitialized,
        };
        match next {
            Uninitialized => matches!(self, Initializing | Ready | AbortableError),
            Initializing => matches!(self, Uninitialized | Committing | Aborting),
            Ready => matches!(self, Initializing | Committing | Aborting),
            InTransaction => matches!(self, Ready),
            Committing => matches!(self, InTransaction),
            Aborting => matches!(self, InTransaction | AbortableError),
            AbortableError => matches!(self, Initializing | InTransaction | Committing | AbortableError),
            FatalError => true,
        }
    }

    /// Whether the transaction is on its way to its end.
    pub(super) const fn is_completing(self) -> bool {
        matches!(self, Self::Committing | Self::Aborting)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uninitialized => "uninitialized",
            Self::Initializing => "initializing",
            Self::Ready => "ready",
            Self::InTransaction => "in transaction",
            Self::Committing => "committing",
            Self::Aborting => "aborting",
            Self::AbortableError => "abortable error",
            Self::FatalError => "fatal error",
        })
    }
}

/// What the user asks of a transactional producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionOperation {
    /// `init_transactions`.
    Init,
    /// `begin_transaction`.
    Begin,
    /// `send`.
    Send,
    /// `send_offsets_to_transaction`.
    SendOffsets,
    /// `commit_transaction`.
    Commit,
    /// `abort_transaction`.
    Abort,
}

impl fmt::Display for TransactionOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "init_transactions",
            Self::Begin => "begin_transaction",
            Self::Send => "send",
            Self::SendOffsets => "send_offsets_to_transaction",
            Self::Commit => "commit_transaction",
            Self::Abort => "abort_transaction",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_follow_each_other_as_in_kafka() {
        use State::{
            AbortableError, Aborting, Committing, InTransaction, Initializing, Ready, Uninitialized,
        };
        let allowed: &[(State, &[State])] = &[
            (Uninitialized, &[Initializing]),
            (Initializing, &[Uninitialized, Ready, AbortableError]),
            (Ready, &[Uninitialized, InTransaction]),
            (InTransaction, &[Committing, Aborting, AbortableError]),
            (Committing, &[Initializing, Ready, AbortableError]),
            (Aborting, &[Initializing, Ready]),
            (AbortableError, &[Uninitialized, Aborting, AbortableError]),
            (State::FatalError, &[]),
        ];
        for (from, next) in allowed {
            for to in State::ALL {
                let expected = next.contains(&to) || to == State::FatalError;
                assert_eq!(from.may_become(to), expected, "{from} to {to}");
            }
        }
    }
}
