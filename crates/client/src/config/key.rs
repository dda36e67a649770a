//! What a key of a client's configuration is, and how its values are read.

use std::time::Duration;

/// Type and limits of a key's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A number of 32 bits within these limits.
    Int(i64, i64),
    /// A number of 64 bits within these limits.
    Long(i64, i64),
    /// `true` or `false`.
    Boolean,
    /// Free text.
    Text,
    /// Texts separated by commas.
    List,
    /// One of these texts, in any case where the flag is set.
    OneOf(&'static [&'static str], bool),
    /// Accepted for the sake of files written for Kafka's Java clients, and of no meaning here.
    Ignored,
}

/// A key that a client knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// The value if none is set, as it would be written; `None` is null.
    pub(crate) default: Option<&'static str>,
}

const INT_MAX: i64 = i32::MAX as i64;

impl Key {
    pub(crate) const fn int(name: &'static str, default: &'static str) -> Self {
        Self { name, form: Form::Int(i32::MIN as i64, INT_MAX), default: Some(default) }
    }

    pub(crate) const fn long(name: &'static str, default: &'static str) -> Self {
        Self { name, form: Form::Long(i64::MIN, i64::MAX), default: Some(default) }
    }

    pub(crate) const fn boolean(name: &'static str, default: &'static str) -> Self {
        Self { name, form: Form::Boolean, default: Some(default) }
    }

    pub(crate) const fn text(name: &'static str, default: Option<&'static str>) -> Self {
        Self { name, form: Form::Text, default }
    }

    pub(crate) const fn list(name: &'static str, default: &'static str) -> Self {
        Self { name, form: Form::List, default: Some(default) }
    }

    pub(crate) const fn one_of(
        name: &'static str,
        default: &'static str,
        values: &'static [&'static str],
    ) -> Self {
        Self { name, form: Form::OneOf(values, false), default: Some(default) }
    }

    pub(crate) const fn one_of_ignoring_case(
        name: &'static str,
        default: &'static str,
        values: &'static [&'static str],
    ) -> Self {
        Self { name, form: Form::OneOf(values, true), default: Some(default) }
    }

    pub(crate) const fn ignored(name: &'static str) -> Self {
        Self { name, form: Form::Ignored, default: None }
    }

    pub(crate) const fn at_least(self, low: i64) -> Self {
        match self.form {
            Form::Int(_, high) => Self { form: Form::Int(low, high), ..self },
            Form::Long(_, high) => Self { form: Form::Long(low, high), ..self },
            _ => self,
        }
    }

    pub(crate) const fn between(self, low: i64, high: i64) -> Self {
        match self.form {
            Form::Int(..) => Self { form: Form::Int(low, high), ..self },
            Form::Long(..) => Self { form: Form::Long(low, high), ..self },
            _ => self,
        }
    }

    /// Checks a value; the error says what would be right.
    pub(crate) fn check(&self, value: &str) -> Result<(), String> {
        let trimmed = value.trim();
        match self.form {
            Form::Int(low, high) => check_number(trimmed, low, high, "32"),
            Form::Long(low, high) => check_number(trimmed, low, high, "64"),
            Form::Boolean if is_boolean(trimmed) => Ok(()),
            Form::Boolean => Err("true or false would be right".to_owned()),
            Form::OneOf(values, ignoring_case) => {
                let fits = |allowed: &&&str| {
                    if ignoring_case { allowed.eq_ignore_ascii_case(trimmed) } else { **allowed == trimmed }
                };
                match values.iter().find(fits) {
                    Some(_) => Ok(()),
                    None => Err(format!("one of {} would be right", values.join(", "))),
                }
            }
            Form::Text | Form::List | Form::Ignored => Ok(()),
        }
    }
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn check_number(text: &str, low: i64, high: i64, bits: &str) -> Result<(), String> {
    let limits = match (low, high) {
        (i64::MIN, i64::MAX) => format!("a whole number of {bits} bits would be right"),
        (low, i64::MAX) => format!("a whole number of at least {low} would be right"),
        (low, INT_MAX) => format!("a whole number of at least {low}, of {bits} bits, would be right"),
        (low, high) => format!("a whole number from {low} to {high} would be right"),
    };
    match text.parse::<i64>() {
        Ok(number) if (low..=high).contains(&number) => Ok(()),
        _ => Err(limits),
    }
}

/// Milliseconds as a duration; what is negative counts as none.
pub(crate) fn milliseconds(number: i64) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(0))
}
