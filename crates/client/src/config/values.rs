//! Values of a client's keys: those that somebody wrote, checked against the tables, and the defaults.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::ConfigError;
use super::key::{Key, milliseconds};

/// Checked values of the keys of some tables.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    tables: Vec<&'static [Key]>,
    written: BTreeMap<&'static str, String>,
}

impl Values {
    /// Checks what was written. A key that no table has is named in a warning, as Kafka's clients do; where a
    /// key is in several tables, the later one counts, and where it is written twice, the later value.
    pub(crate) fn read<K: AsRef<str>, V: AsRef<str>>(
        tables: &[&'static [Key]],
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        let mut values = Self { tables: tables.to_vec(), written: BTreeMap::new() };
        for (name, value) in entries {
            let (name, value) = (name.as_ref(), value.as_ref());
            let Some(key) = values.find(name) else {
                tracing::warn!(key = name, "configuration was supplied but is not a known key");
                continue;
            };
            key.check(value).map_err(|expected| ConfigError::new(key.name, value, expected))?;
            values.written.insert(key.name, value.to_owned());
        }
        Ok(values)
    }

    fn find(&self, name: &str) -> Option<&'static Key> {
        self.tables.iter().rev().find_map(|table| table.iter().find(|key| key.name == name))
    }

    /// Whether some table has the key.
    pub(crate) fn is_known(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether somebody wrote a value.
    pub(crate) fn is_written(&self, name: &str) -> bool {
        self.written.contains_key(name)
    }

    /// The value as text; `None` is null.
    ///
    /// # Panics
    /// If no table has the key: each is read by the code that declares it.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let Some(key) = self.find(name) else { panic!("{name} is in no table") };
        self.written.get(name).map(String::as_str).or(key.default)
    }

    /// The value of a number key; what is null or no number counts as 0, which the check rules out.
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.text(name).and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// The value as a size or count; what is negative counts as 0.
    pub(crate) fn size(&self, name: &str) -> usize {
        usize::try_from(self.number(name)).unwrap_or(0)
    }

    /// The value of a key in milliseconds.
    pub(crate) fn duration(&self, name: &str) -> Duration {
        milliseconds(self.number(name))
    }

    /// The value of a boolean key.
    pub(crate) fn boolean(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
    }

    /// The value of a list key: trimmed, without empty ones.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let texts = self.text(name).unwrap_or_default().split(',').map(str::trim);
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// The error that a value is not right although its form is.
    pub(crate) fn wrong(&self, name: &'static str, expected: impl Into<String>) -> ConfigError {
        ConfigError::new(name, self.text(name).unwrap_or("null"), expected)
    }
}
