//! Whose node, and whose tools.

use clap::ValueEnum;

/// Who is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// Apache Kafka 4.3.1, to see that the scenarios are right
    Kafka,
    /// Our binary
    Ottla,
}

impl Subject {
    /// As it is printed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kafka => "Apache Kafka",
            Self::Ottla => "ottla",
        }
    }
}
