//! A configuration that does not work.

/// A value that a key cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid value {value} for configuration {key}: {expected}")]
pub struct ConfigError {
    /// The key.
    pub key: String,
    /// The value that was written.
    pub value: String,
    /// What is wrong with it, or what would be right.
    pub expected: String,
}

impl ConfigError {
    pub(crate) fn new(key: impl Into<String>, value: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), expected: expected.into() }
    }
}
