//! Whose node, and whose tools.

use std::fmt;
use std::str::FromStr;

/// One of the two that are held beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Apache Kafka 4.3.1.
    Kafka,
    /// Our binary.
    Ottla,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kafka => "kafka",
            Self::Ottla => "ottla",
        })
    }
}

impl FromStr for Whose {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        match name {
            "kafka" => Ok(Self::Kafka),
            "ottla" => Ok(Self::Ottla),
            _ => anyhow::bail!("there are kafka and ottla, and no {name}"),
        }
    }
}
