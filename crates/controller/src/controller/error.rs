//! Why something is not done.

use ottla_wire::{ErrorCode, KafkaString};

/// Why something is not done, as responses say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    /// What to tell the user; none where Kafka has nothing to tell but the code.
    pub(crate) message: Option<String>,
}

impl ApiError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()) }
    }

    /// An error of which there is nothing more to say than what its code means.
    pub(crate) fn plain(code: ErrorCode) -> Self {
        Self::new(code, code.message())
    }

    pub(crate) fn text(&self) -> Option<KafkaString> {
        self.message.as_deref().map(KafkaString::from)
    }
}

/// The two fields by which responses tell how it went.
pub(crate) fn told<T>(result: &Result<T, ApiError>) -> (i16, Option<KafkaString>) {
    match result {
        Ok(_) => (ErrorCode::None.number(), None),
        Err(error) => (error.code.number(), error.text()),
    }
}

/// Most records that one request may come to.
pub(crate) const RECORDS_PER_REQUEST_MAX: usize = 10_000;

/// Refuses what would come to more records than a request may.
pub(crate) fn check_size(records: usize) -> Result<(), ApiError> {
    if records <= RECORDS_PER_REQUEST_MAX {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::PolicyViolation, "Unable to perform excessively large batch operation."))
}
