//! Why a transaction did not go on.

use std::time::Duration;

use ottla_wire::ErrorCode;

use super::state::TransactionOperation;

/// Why an operation on a transaction was not done.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransactionError {
    /// The producer was made without a transactional id.
    #[error("the producer has no transactional.id")]
    NotTransactional,
    /// The operation does not fit the state.
    #[error("{operation} is not possible, the producer is in state `{state}`")]
    WrongState {
        /// What was asked for.
        operation: TransactionOperation,
        /// The state.
        state: String,
    },
    /// An earlier operation timed out, and has to be called again until it is done.
    #[error("{operation} is not possible before {pending}, which timed out, is called again and done")]
    Pending {
        /// What was asked for.
        operation: TransactionOperation,
        /// What is under way.
        pending: TransactionOperation,
    },
    /// `max.block.ms` is over. The operation goes on: the same call waits for it again.
    #[error(
        "{operation} was not done within {} ms, it goes on and may be waited for by the same call{}",
        .after.as_millis(), at_last(.last.as_deref())
    )]
    TimedOut {
        /// What was asked for.
        operation: TransactionOperation,
        /// How long the call waited.
        after: Duration,
        /// What went wrong last, if something did.
        last: Option<String>,
    },
    /// What was passed cannot be.
    #[error("{0}")]
    Invalid(String),
    /// The producer was not let in; it may try again.
    #[error("init_transactions failed: {0}")]
    NotInitialized(Cause),
    /// Another producer with the same transactional id has taken over: this one has to end.
    #[error("another producer with transactional.id {transactional_id} has taken over")]
    Fenced {
        /// The id of both.
        transactional_id: String,
    },
    /// The transaction can only be aborted; the producer can go on with the next one.
    #[error("the transaction has to be aborted: {0}")]
    Abortable(Cause),
    /// The producer has to be closed.
    #[error("the producer has to be closed: {0}")]
    Fatal(Cause),
    /// The producer is closed.
    #[error("the producer is closed")]
    Closed,
}

fn at_last(last: Option<&str>) -> String {
    last.map_or_else(String::new, |last| format!(", at last: {last}"))
}

/// What went wrong first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Cause {
    /// The code that stands for it.
    pub code: ErrorCode,
    /// What is known of it.
    pub text: String,
}

impl Cause {
    pub(super) fn new(code: ErrorCode, text: impl ToString) -> Self {
        Self { code, text: text.to_string() }
    }
}

impl TransactionError {
    /// The code that stands for it, as Kafka's clients would name its exception.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotInitialized(cause) | Self::Abortable(cause) | Self::Fatal(cause) => cause.code,
            Self::Fenced { .. } => ErrorCode::ProducerFenced,
            Self::TimedOut { .. } => ErrorCode::RequestTimedOut,
            Self::Invalid(_) => ErrorCode::InvalidRequest,
            Self::NotTransactional | Self::WrongState { .. } | Self::Pending { .. } | Self::Closed => {
                ErrorCode::UnknownServerError
            }
        }
    }

    /// Whether aborting the transaction makes the producer usable again.
    pub const fn is_abortable(&self) -> bool {
        matches!(self, Self::Abortable(_))
    }

    /// Whether the producer can only be closed.
    pub const fn is_fatal(&self) -> bool {
        matches!(self, Self::Fenced { .. } | Self::Fatal(_) | Self::Closed)
    }
}
