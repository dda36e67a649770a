//! Sections: keys and the typed struct of their values, declared together.

use crate::value::{Password, Value};
use crate::values::Values;

/// Declares a struct whose fields are keys: the field's documentation is the key's.
///
/// Makes the struct, `KEYS` with all keys in order, and `resolve`, which takes the values of the fields.
macro_rules! section {
    (
        $(#[$section_doc:meta])*
        pub struct $section:ident {
            $( $(#[doc = $doc:literal])+ $field:ident: $field_type:ty = $key:expr, )+
        }
    ) => {
        $(#[$section_doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $section {
            $( $(#[doc = $doc])+ pub $field: $field_type, )+
        }

        impl $section {
            /// The keys of this section.
            pub const KEYS: &'static [Key] = &[ $( $key.documented(&[ $($doc),+ ]), )+ ];

            /// Takes the values of the section's keys.
            ///
            /// # Panics
            /// If a key of the section is not among the values, or has no value of the field's type.
            pub fn resolve(values: &$crate::Values) -> Self {
                let mut keys = Self::KEYS.iter();
                Self { $( $field: $crate::section::take(values, keys.next()), )+ }
            }
        }
    };
}

pub(crate) use section;

/// Types of fields.
pub(crate) trait Field: Sized {
    /// The value as this type; none if it is of another type.
    fn from_value(value: Option<&Value>) -> Option<Self>;
}

pub(crate) fn take<T: Field>(values: &Values, key: Option<&crate::Key>) -> T {
    let key = key.expect("a section has a key for each field");
    let field = T::from_value(values.value(key.name));
    field.unwrap_or_else(|| panic!("the field of {} is not of type {}", key.name, key.value_type.name()))
}

macro_rules! fields {
    ($($field:ty = $variant:ident),+ $(,)?) => {
        $(impl Field for $field {
            fn from_value(value: Option<&Value>) -> Option<Self> {
                match value {
                    Some(Value::$variant(value)) => Some(value.clone()),
                    _ => None,
                }
            }
        })+
    };
}

fields!(bool = Boolean, i16 = Short, i32 = Int, i64 = Long, f64 = Double, Vec<String> = List, Password = Password);

impl Field for String {
    fn from_value(value: Option<&Value>) -> Option<Self> {
        match value {
            Some(Value::String(text) | Value::Class(text)) => Some(text.clone()),
            _ => None,
        }
    }
}

impl<T: Field> Field for Option<T> {
    fn from_value(value: Option<&Value>) -> Option<Self> {
        match value {
            None => Some(None),
            some => T::from_value(some).map(Some),
        }
    }
}
