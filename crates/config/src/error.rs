//! What is wrong with a configuration.

use std::fmt;

use crate::value::Value;
use crate::written::Origin;

/// One thing that is wrong, in Kafka's words where Kafka has some, with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", prefix(origin.as_ref()))]
pub struct ConfigError {
    /// The key, if there is a single one to blame.
    pub key: Option<String>,
    /// What is wrong, without the place. No password is ever part of it.
    pub message: String,
    /// Where the value stands; none for what is missing.
    pub origin: Option<Origin>,
}

/// All that is wrong, never nothing. The first is the one that Kafka would report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl ConfigError {
    /// Something wrong that concerns more than one value.
    pub(crate) fn general(message: impl Into<String>) -> Self {
        Self { key: None, message: message.into(), origin: None }
    }
}

fn prefix(origin: Option<&Origin>) -> String {
    origin.map(|origin| format!("{origin}: ")).unwrap_or_default()
}

/// Kafka's sentence about a value that is not valid.
pub(crate) fn invalid(name: &str, value: &str, wanted: &str) -> String {
    format!("Invalid value {value} for configuration {name}: {wanted}")
}

pub(crate) fn invalid_value(name: &str, value: &Value, wanted: &str) -> String {
    invalid(name, &value.to_string(), wanted)
}
