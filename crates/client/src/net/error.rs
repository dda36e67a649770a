//! Why a connection ended, or never came to be.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ottla_wire::api::ApiKey;
use ottla_wire::{DecodeError, ErrorCode};

/// Why a connection ended, or never came to be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConnectionError {
    /// The host has no address.
    #[error("cannot resolve {host}: {error}")]
    Resolve {
        /// The host.
        host: String,
        /// What the resolver said.
        error: Arc<io::Error>,
    },
    /// Nobody answered at the address.
    #[error("cannot connect to {address}: {error}")]
    Connect {
        /// The address.
        address: String,
        /// What the machine said.
        error: Arc<io::Error>,
    },
    /// Nobody answered at the address in time.
    #[error("cannot connect to {address} within {} ms", .after.as_millis())]
    ConnectTimedOut {
        /// The address.
        address: String,
        /// How long it was tried.
        after: Duration,
    },
    /// The node closed the connection.
    #[error("the node closed the connection")]
    ClosedByNode,
    /// The machine reported an error of the connection.
    #[error("the connection broke: {0}")]
    Broken(Arc<io::Error>),
    /// The node announced an answer that is too long, or shorter than its header.
    #[error("the node announced an answer of {size} bytes, 4 to {limit} are allowed")]
    AnswerSize {
        /// Bytes announced.
        size: i32,
        /// Most that are read.
        limit: usize,
    },
    /// The node answered something that was not asked, or not in order.
    #[error("the node answered request {found} where the answer to {expected:?} was due")]
    Correlation {
        /// The request whose answer was due, if any was.
        expected: Option<i32>,
        /// The request that the node named.
        found: i32,
    },
    /// An answer is malformed.
    #[error("the node's answer is malformed: {0}")]
    Malformed(Arc<DecodeError>),
    /// The node did not answer in time.
    #[error("no answer to {api} within {} ms", .after.as_millis())]
    TimedOut {
        /// The API that was asked.
        api: ApiKey,
        /// How long the client waited.
        after: Duration,
    },
    /// The node refused to tell which APIs it speaks.
    #[error("the node refused to say which APIs it speaks: {0}")]
    Negotiation(ErrorCode),
    /// The connection was not used for long.
    #[error("the connection was not used for long")]
    Idle,
    /// The client itself closed the connection.
    #[error("the client closed the connection")]
    ClosedByClient,
}

impl From<io::Error> for ConnectionError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::ClosedByNode,
            _ => Self::Broken(Arc::new(error)),
        }
    }
}

impl From<DecodeError> for ConnectionError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(Arc::new(error))
    }
}
