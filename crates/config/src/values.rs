//! Parsed values of all keys of a definition.

use std::collections::BTreeMap;

use crate::value::Value;

/// A value, or none, for each key of a [`Definition`](crate::Definition).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values {
    values: BTreeMap<&'static str, Option<Value>>,
}

impl Values {
    pub(crate) fn insert(&mut self, name: &'static str, value: Option<Value>) {
        self.values.insert(name, value);
    }

    /// The value of a key; none for null.
    ///
    /// # Panics
    /// If the definition has no such key.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let value = self.values.get(name).unwrap_or_else(|| panic!("no key is called {name}"));
        value.as_ref()
    }

    /// All keys with their values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&Value>)> {
        self.values.iter().map(|(name, value)| (*name, value.as_ref()))
    }
}
