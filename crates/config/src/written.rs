//! The first stage: what was written, and where.

use std::collections::BTreeMap;
use std::fmt;

use ottla_properties::{ParseError, Properties};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file.
    File {
        /// The file, as the user named it.
        name: String,
        /// The line, the first being 1.
        line: usize,
    },
    /// On the command line, as an override.
    Override {
        /// Which of the overrides, the first being 1.
        position: usize,
    },
    /// In the metadata log.
    MetadataLog,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Override { position } => write!(f, "--override {position}"),
            Self::MetadataLog => f.write_str("metadata log"),
        }
    }
}

/// A value as it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenValue {
    /// The text, untrimmed. It may be a password.
    pub text: String,
    /// Where it stands.
    pub origin: Origin,
}

/// Only the place: the text may be a password.
impl fmt::Debug for WrittenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.origin)
    }
}

/// Values by their keys, known or not, the later ones having replaced the earlier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    values: BTreeMap<String, WrittenValue>,
}

/// A file that cannot be read as properties.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {cause}")]
pub struct UnreadableFile {
    /// The file, as the user named it.
    pub file: String,
    /// What is wrong, and on which line.
    pub cause: ParseError,
}

impl Written {
    /// Reads the bytes of a `.properties` file.
    ///
    /// # Errors
    /// If the bytes are no such file.
    pub fn from_file(name: &str, bytes: &[u8]) -> Result<Self, UnreadableFile> {
        let properties =
            Properties::parse(bytes).map_err(|cause| UnreadableFile { file: name.to_owned(), cause })?;
        let mut written = Self::default();
        for entry in properties.entries {
            let origin = Origin::File { name: name.to_owned(), line: entry.line };
            written.values.insert(entry.key, WrittenValue { text: entry.value, origin });
        }
        Ok(written)
    }

    /// Adds overrides of the command line, each `KEY=VALUE`; without `=` the value is empty, as in Kafka.
    #[must_use]
    pub fn with_overrides<'a>(mut self, overrides: impl IntoIterator<Item = &'a str>) -> Self {
        for (index, text) in overrides.into_iter().enumerate() {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            self.set(key, value, Origin::Override { position: index + 1 });
        }
        self
    }

    /// Values of one resource from the metadata log.
    pub fn from_metadata_log<K: Into<String>, V: Into<String>>(
        values: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let written = |(key, text): (K, V)| {
            (key.into(), WrittenValue { text: text.into(), origin: Origin::MetadataLog })
        };
        Self { values: values.into_iter().map(written).collect() }
    }

    /// Sets a value, replacing what was there.
    pub fn set(&mut self, key: impl Into<String>, text: impl Into<String>, origin: Origin) {
        self.values.insert(key.into(), WrittenValue { text: text.into(), origin });
    }

    /// Takes a value away.
    pub fn remove(&mut self, key: &str) -> Option<WrittenValue> {
        self.values.remove(key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&WrittenValue> {
        self.values.get(key)
    }

    /// The text of a key's value.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).map(|value| value.text.as_str())
    }

    /// Whether the key has a value.
    pub fn contains(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// All values, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &WrittenValue)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
