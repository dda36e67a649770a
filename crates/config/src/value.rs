//! Values and their text.

use std::fmt;

use crate::java;
use crate::key::Type;

/// Text that is never shown: it prints as `[hidden]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// What is printed in place of a password.
    pub const HIDDEN: &'static str = "[hidden]";

    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; not to be logged.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::HIDDEN)
    }
}

impl fmt::Display for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::HIDDEN)
    }
}

/// A value of a key. No value at all, Kafka's null, is `None` of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of [`Type::Boolean`].
    Boolean(bool),
    /// Of [`Type::Short`].
    Short(i16),
    /// Of [`Type::Int`].
    Int(i32),
    /// Of [`Type::Long`].
    Long(i64),
    /// Of [`Type::Double`].
    Double(f64),
    /// Of [`Type::String`].
    String(String),
    /// Of [`Type::List`].
    List(Vec<String>),
    /// Of [`Type::Class`].
    Class(String),
    /// Of [`Type::Password`].
    Password(Password),
}

/// A text that is no value of its type; says what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misfit {
    NotBoolean,
    NotNumber(Type),
    NoClass,
}

impl Value {
    /// Reads a value as it stands in a file or a request. Space around it does not count.
    pub(crate) fn parse(value_type: Type, text: &str) -> Result<Self, Misfit> {
        let trimmed = java::trim(text);
        let not_a_number = Misfit::NotNumber(value_type);
        let integer = java::parse_integer(trimmed);
        match value_type {
            Type::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(Self::Boolean(true)),
            Type::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(Self::Boolean(false)),
            Type::Boolean => Err(Misfit::NotBoolean),
            Type::Short => integer.and_then(|n| n.try_into().ok()).map(Self::Short).ok_or(not_a_number),
            Type::Int => integer.and_then(|n| n.try_into().ok()).map(Self::Int).ok_or(not_a_number),
            Type::Long => integer.map(Self::Long).ok_or(not_a_number),
            Type::Double => java::parse_double(trimmed).map(Self::Double).ok_or(not_a_number),
            Type::String => Ok(Self::String(trimmed.to_owned())),
            Type::List => Ok(Self::List(java::split_list(trimmed))),
            Type::Class if is_class_name(trimmed) => Ok(Self::Class(trimmed.to_owned())),
            Type::Class => Err(Misfit::NoClass),
            Type::Password => Ok(Self::Password(Password::new(trimmed))),
        }
    }

    /// The text by which Kafka describes the value to clients. Passwords are hidden.
    pub fn text(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Short(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Long(value) => value.to_string(),
            Self::Double(value) => java::double_text(*value),
            Self::String(text) | Self::Class(text) => text.clone(),
            Self::List(values) => values.join(","),
            Self::Password(password) => password.to_string(),
        }
    }
}

/// The value in an error message, as Java's `toString` has it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(values) => write!(f, "[{}]", values.join(", ")),
            Self::Class(name) => write!(f, "class {name}"),
            other => f.write_str(&other.text()),
        }
    }
}

/// Whether a text could be the name of a class; which of them mean something here is for their users to say.
fn is_class_name(text: &str) -> bool {
    text.split('.').all(|part| {
        let mut characters = part.chars();
        let begins = characters.next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$'));
        begins && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
    })
}
