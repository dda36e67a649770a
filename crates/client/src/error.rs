//! What can go wrong with requests and operations.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ottla_wire::api::ApiKey;
use ottla_wire::{EncodeError, ErrorCode, KafkaString};

use crate::net::{ConnectionError, UnsupportedVersion};

/// Why one request got no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The connection ended, or never came to be.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// Client and node have no version in common.
    #[error(transparent)]
    UnsupportedVersion(#[from] UnsupportedVersion),
    /// The request cannot be written, mostly since it uses what the node's version lacks.
    #[error(transparent)]
    Encode(Arc<EncodeError>),
}

impl From<EncodeError> for CallError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(Arc::new(error))
    }
}

/// An error that a node answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// Its code.
    pub code: ErrorCode,
    /// The node's own words, if it said any.
    pub message: Option<String>,
}

impl ApiError {
    /// The error of a code, without the node's words.
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, message: None }
    }

    /// Nothing for 0, otherwise the error.
    ///
    /// # Errors
    ///
    /// The code is an error.
    pub fn check(code: i16, message: Option<&KafkaString>) -> Result<(), Self> {
        match ErrorCode::from(code) {
            ErrorCode::None => Ok(()),
            code => Err(Self { code, message: message.map(|text| text.as_str().to_owned()) }),
        }
    }

    /// The node's own words, or else what the code means.
    pub fn text(&self) -> &str {
        self.message.as_deref().unwrap_or_else(|| self.code.message())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.text())
    }
}

impl std::error::Error for ApiError {}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

/// Why an operation failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// A node answered an error that does not go away by trying again, or the retries are used up.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A request got no answer, for a reason that does not go away by trying again.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The time is up.
    #[error("{}", timed_out(*.api, *.after, .last.as_deref()))]
    TimedOut {
        /// The API that was asked, or `None` if the client was still looking for the cluster.
        api: Option<ApiKey>,
        /// The time that there was.
        after: Duration,
        /// What went wrong last.
        last: Option<Box<ClientError>>,
    },
    /// The node knows no version of the API in which the operation can be said.
    #[error("{0}")]
    Unsupported(String),
    /// What the caller asked for cannot be.
    #[error("{0}")]
    Invalid(String),
    /// A node answered something that does not answer the question.
    #[error("the answer to {api} is not complete: {missing}")]
    Incomplete {
        /// The API that was asked.
        api: ApiKey,
        /// What is missing.
        missing: String,
    },
    /// No node with this id is alive in the cluster.
    #[error("the cluster has no live node {0}")]
    UnknownNode(i32),
    /// No node of the cluster is known.
    #[error("no node of the cluster is known")]
    NoNode,
    /// The client is closed.
    #[error("the client is closed")]
    Closed,
}

fn timed_out(api: Option<ApiKey>, after: Duration, last: Option<&ClientError>) -> String {
    let what = api.map_or_else(|| "the cluster".to_owned(), |api| api.to_string());
    let why = last.map_or(String::new(), |last| format!(", at last: {last}"));
    format!("timed out waiting for {what} after {} ms{why}", after.as_millis())
}

impl ClientError {
    /// The code that stands for it, as Kafka's clients would name its exception.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Api(error) => error.code,
            Self::TimedOut { .. } | Self::Call(CallError::Connection(ConnectionError::TimedOut { .. })) => {
                ErrorCode::RequestTimedOut
            }
            Self::Call(CallError::Connection(_)) => ErrorCode::NetworkException,
            Self::Call(_) | Self::Unsupported(_) => ErrorCode::UnsupportedVersion,
            Self::UnknownNode(_) | Self::NoNode => ErrorCode::BrokerNotAvailable,
            Self::Invalid(_) => ErrorCode::InvalidRequest,
            Self::Incomplete { .. } | Self::Closed => ErrorCode::UnknownServerError,
        }
    }

    /// Whether the same operation may succeed later.
    pub const fn is_retriable(&self) -> bool {
        match self {
            Self::Call(CallError::Connection(_))
            | Self::TimedOut { .. }
            | Self::UnknownNode(_)
            | Self::NoNode => true,
            Self::Api(error) => error.code.is_retriable(),
            _ => false,
        }
    }
}

impl From<ConnectionError> for ClientError {
    fn from(error: ConnectionError) -> Self {
        Self::Call(error.into())
    }
}

impl From<UnsupportedVersion> for ClientError {
    fn from(error: UnsupportedVersion) -> Self {
        Self::Call(error.into())
    }
}

impl From<ErrorCode> for ClientError {
    fn from(code: ErrorCode) -> Self {
        Self::Api(code.into())
    }
}
