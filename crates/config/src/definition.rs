//! All keys of a kind of resource.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::error::{ConfigError, invalid};
use crate::key::{Default, Key};
use crate::value::{Misfit, Value};
use crate::values::Values;
use crate::written::{Origin, Written};
use crate::{broker, client_metrics, group, quota, remote_log_metadata, topic};

/// All keys of a kind of resource: what a value can be written for, and read as.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    sections: &'static [&'static [Key]],
    /// Finds a key, where there are too many to look at each.
    find: Option<fn(&str) -> Option<&'static Key>>,
}

/// A description of a node looks up each of its keys several times.
fn find_broker_key(name: &str) -> Option<&'static Key> {
    static KEYS: LazyLock<HashMap<&'static str, &'static Key>> =
        LazyLock::new(|| Definition::BROKER.keys().map(|key| (key.name, key)).collect());
    KEYS.get(name).copied()
}

impl Definition {
    /// Keys of a node, in its file; many can be changed while it runs.
    pub const BROKER: Self = Self { sections: broker::SECTIONS, find: Some(find_broker_key) };
    /// Keys of a node that can only be set while it runs.
    pub const BROKER_DYNAMIC_ONLY: Self = Self { sections: &[broker::ThrottleConfig::KEYS], find: None };
    /// Keys of a topic.
    pub const TOPIC: Self = Self { sections: &[topic::TopicConfig::KEYS], find: None };
    /// Keys of a group.
    pub const GROUP: Self = Self { sections: &[group::GroupConfig::KEYS], find: None };
    /// Keys of a subscription to metrics of clients.
    pub const CLIENT_METRICS: Self =
        Self { sections: &[client_metrics::ClientMetricsConfig::KEYS], find: None };
    /// Quotas of users and client ids.
    pub const CLIENT_QUOTA: Self = Self { sections: &[quota::ClientQuotaConfig::KEYS], find: None };
    /// Quotas of addresses.
    pub const IP_QUOTA: Self = Self { sections: &[quota::IpQuotaConfig::KEYS], find: None };
    /// Quotas and credentials of a user.
    pub const USER: Self =
        Self { sections: &[quota::ScramConfig::KEYS, quota::ClientQuotaConfig::KEYS], find: None };
    /// Keys of the remote log metadata manager, without their prefix.
    pub const REMOTE_LOG_METADATA: Self =
        Self { sections: &[remote_log_metadata::RemoteLogMetadataConfig::KEYS], find: None };

    /// The keys, section by section.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.sections.iter().flat_map(|section| section.iter())
    }

    /// The key of a name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        match self.find {
            Some(find) => find(name),
            None => self.keys().find(|key| key.name == name),
        }
    }

    /// Reads the values of all keys, with defaults for those that are not written. Unknown keys are left alone.
    ///
    /// # Errors
    /// One for each key whose value is missing or not valid.
    pub fn parse(&self, written: &Written) -> Result<Values, Vec<ConfigError>> {
        let mut values = Values::default();
        let mut errors = Vec::new();
        for key in self.keys() {
            match key.value(written) {
                Ok(value) => values.insert(key.name, value),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(values) } else { Err(errors) }
    }

    /// The defaults of all keys, null for those that have none.
    pub fn defaults(&self) -> Values {
        let mut values = Values::default();
        self.keys().for_each(|key| values.insert(key.name, key.default_value()));
        values
    }
}

impl Key {
    /// The value of this key among what is written, or its default.
    pub(crate) fn value(&self, written: &Written) -> Result<Option<Value>, ConfigError> {
        let at = |message: String, origin: Option<&Origin>| ConfigError {
            key: Some(self.name.to_owned()),
            message,
            origin: origin.cloned(),
        };
        let Some(found) = written.get(self.name) else {
            if self.default == Default::Required {
                let name = self.name;
                return Err(at(
                    format!("Missing required configuration \"{name}\" which has no default value."),
                    None,
                ));
            }
            return Ok(self.default_value());
        };
        self.parse(&found.text).map(Some).map_err(|message| at(message, Some(&found.origin)))
    }

    /// Reads a value of this key, with Kafka's message if it is not valid.
    ///
    /// # Errors
    /// If the text is no value of the key's type, or its validator refuses the value.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let value =
            Value::parse(self.value_type, text).map_err(|misfit| self.misfit_message(&misfit, text))?;
        let value = self.without_duplicates(value);
        self.validator.check(self.name, Some(&value))?;
        Ok(value)
    }

    /// What the key is if it is not set; null where it must be set.
    pub fn default_value(&self) -> Option<Value> {
        match self.default {
            Default::Required | Default::Null => None,
            Default::Boolean(value) => Some(Value::Boolean(value)),
            Default::Double(value) => Some(Value::Double(value)),
            Default::Integer(value) => Some(self.integer(value)),
            Default::Text(text) => {
                Some(Value::parse(self.value_type, text).expect("a default of text is for keys of text"))
            }
        }
    }

    fn integer(&self, value: i64) -> Value {
        let read = Value::parse(self.value_type, &value.to_string());
        read.expect("the default of a number is within its type")
    }

    fn without_duplicates(&self, value: Value) -> Value {
        match value {
            Value::List(elements) if matches!(self.validator, crate::Validator::Distinct { .. }) => {
                let mut distinct: Vec<String> = Vec::with_capacity(elements.len());
                for element in elements {
                    if !distinct.contains(&element) {
                        distinct.push(element);
                    }
                }
                Value::List(distinct)
            }
            other => other,
        }
    }

    fn misfit_message(&self, misfit: &Misfit, text: &str) -> String {
        match misfit {
            Misfit::NotBoolean => invalid(self.name, text, "Expected value to be either true or false"),
            Misfit::NotNumber(value_type) => {
                invalid(self.name, text, &format!("Not a number of type {}", value_type.name()))
            }
            Misfit::NoClass => invalid(self.name, text, &format!("Class {text} could not be found.")),
        }
    }
}
