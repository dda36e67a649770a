//! What values are valid, beyond their type.

use std::fmt;

use crate::address;
use crate::duration;
use crate::error::{invalid, invalid_value};
use crate::value::Value;

/// What values are valid. Prints as Kafka documents it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Validator {
    /// All of the type.
    Any,
    /// Numbers from this one on.
    AtLeast(i64),
    /// Numbers from the first to the second, both included.
    Between(i64, i64),
    /// Floating-point numbers from the first to the second, both included.
    Within(f64, f64),
    /// Levels of gzip.
    GzipLevel,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, in any case.
    OneOfIgnoringCase(&'static [&'static str]),
    /// Anything but null.
    NonNull,
    /// Any text but the empty one.
    NonEmpty,
    /// Lists without empty elements; elements that occur again are dropped.
    Distinct {
        /// The elements that are valid; none for all.
        values: &'static [&'static str],
        /// Whether the list may be empty.
        may_be_empty: bool,
    },
    /// Voters of a quorum.
    Voters,
    /// Hosts with ports.
    Servers,
    /// Partitions with brokers, or a star.
    ThrottledReplicas,
    /// Where share groups start.
    ShareOffsetReset,
}

const GZIP_LEVEL_MIN: i32 = 1;
const GZIP_LEVEL_MAX: i32 = 9;
const GZIP_LEVEL_DEFAULT: i32 = -1;

impl Validator {
    /// Checks a value, with Kafka's message if it is not valid.
    pub(crate) fn check(&self, name: &str, value: Option<&Value>) -> Result<(), String> {
        match self {
            Self::Any => Ok(()),
            Self::AtLeast(low) => check_integer(name, value, *low, i64::MAX),
            Self::Between(low, high) => check_integer(name, value, *low, *high),
            Self::Within(low, high) => check_double(name, value, *low, *high),
            Self::GzipLevel => check_gzip_level(name, value),
            Self::OneOf(values) => check_one_of(name, value, values),
            Self::OneOfIgnoringCase(values) => check_one_of_ignoring_case(name, value, values),
            Self::NonNull if value.is_none() => Err(invalid(name, "null", "entry must be non null")),
            Self::NonEmpty if matches!(value, Some(Value::String(text)) if text.is_empty()) => {
                Err(invalid(name, "", "String must be non-empty"))
            }
            Self::NonNull | Self::NonEmpty => Ok(()),
            Self::Distinct { values, may_be_empty } => {
                check_list(name, elements(value), values, *may_be_empty)
            }
            Self::Voters => address::parse_voters(elements(value)).map(drop),
            Self::Servers => address::parse_servers(elements(value)).map(drop),
            Self::ThrottledReplicas => check_throttled_replicas(name, value),
            Self::ShareOffsetReset => check_share_offset_reset(name, value),
        }
    }
}

fn elements(value: Option<&Value>) -> &[String] {
    match value {
        Some(Value::List(elements)) => elements,
        _ => &[],
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Short(number) => Some(i64::from(*number)),
        Value::Int(number) => Some(i64::from(*number)),
        Value::Long(number) => Some(*number),
        _ => None,
    }
}

fn check_integer(name: &str, value: Option<&Value>, low: i64, high: i64) -> Result<(), String> {
    let value = value.ok_or_else(|| invalid(name, "null", "Value must be non-null"))?;
    let number = integer(value).expect("a range of integers is for keys of integers");
    if number < low {
        return Err(invalid_value(name, value, &format!("Value must be at least {low}")));
    }
    if number > high {
        return Err(invalid_value(name, value, &format!("Value must be no more than {high}")));
    }
    Ok(())
}

fn check_double(name: &str, value: Option<&Value>, low: f64, high: f64) -> Result<(), String> {
    let value = value.ok_or_else(|| invalid(name, "null", "Value must be non-null"))?;
    let Value::Double(number) = value else { panic!("a range of doubles is for keys of doubles") };
    if *number < low {
        return Err(invalid_value(name, value, &format!("Value must be at least {low}")));
    }
    if *number > high {
        return Err(invalid_value(name, value, &format!("Value must be no more than {high}")));
    }
    Ok(())
}

fn check_gzip_level(name: &str, value: Option<&Value>) -> Result<(), String> {
    let value = value.ok_or_else(|| invalid(name, "null", "Value must be non-null"))?;
    match value {
        Value::Int(GZIP_LEVEL_DEFAULT | GZIP_LEVEL_MIN..=GZIP_LEVEL_MAX) => Ok(()),
        _ => {
            let levels = format!("{GZIP_LEVEL_MIN} and {GZIP_LEVEL_MAX} or equal to {GZIP_LEVEL_DEFAULT}");
            Err(invalid_value(name, value, &format!("Value must be between {levels}")))
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn check_one_of(name: &str, value: Option<&Value>, values: &[&str]) -> Result<(), String> {
    match text(value) {
        Some(text) if values.contains(&text) => Ok(()),
        other => {
            let wanted = format!("String must be one of: {}", values.join(", "));
            Err(invalid(name, other.unwrap_or("null"), &wanted))
        }
    }
}

fn check_one_of_ignoring_case(name: &str, value: Option<&Value>, values: &[&str]) -> Result<(), String> {
    match text(value) {
        Some(text) if values.contains(&text.to_uppercase().as_str()) => Ok(()),
        other => {
            let wanted = format!("String must be one of (case insensitive): {}", values.join(", "));
            Err(invalid(name, other.unwrap_or("null"), &wanted))
        }
    }
}

fn check_list(name: &str, elements: &[String], values: &[&str], may_be_empty: bool) -> Result<(), String> {
    if elements.is_empty() && !may_be_empty {
        let wanted = match values {
            [] => "any non-empty value".to_owned(),
            values => format!("[{}]", values.join(", ")),
        };
        return Err(format!("Configuration '{name}' must not be empty. Valid values include: {wanted}"));
    }
    for element in elements {
        if element.is_empty() {
            return Err(format!("Configuration '{name}' values must not be empty."));
        }
        if !values.is_empty() && !values.contains(&element.as_str()) {
            return Err(invalid(name, element, &format!("String must be one of: {}", values.join(", "))));
        }
    }
    Ok(())
}

fn check_throttled_replicas(name: &str, value: Option<&Value>) -> Result<(), String> {
    let elements = elements(value);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_replica = |text: &str| {
        text.is_empty()
            || text
                .split_once(':')
                .is_some_and(|(partition, broker)| is_number(partition) && is_number(broker))
    };
    if elements.iter().all(|element| is_replica(element)) || elements.concat() == "*" {
        return Ok(());
    }
    let wanted = "must be the literal '*' or a list of replicas in the following format: \
        [partitionId]:[brokerId],[partitionId]:[brokerId],...";
    Err(invalid(name, &format!("[{}]", elements.join(", ")), &format!("{name} {wanted}")))
}

fn check_share_offset_reset(name: &str, value: Option<&Value>) -> Result<(), String> {
    let text = text(value).unwrap_or("null");
    let valid = match text.strip_prefix("by_duration:") {
        Some(period) => duration::is_valid_period(period),
        None => matches!(text, "latest" | "earliest"),
    };
    if valid {
        return Ok(());
    }
    let wanted =
        "The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.";
    Err(invalid(name, text, &format!("Invalid value `{text}` for configuration {name}. {wanted}")))
}

impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::AtLeast(low) => write!(f, "[{low},...]"),
            Self::Between(low, high) => write!(f, "[{low},...,{high}]"),
            Self::Within(low, high) => write!(f, "[{low},...,{high}]"),
            Self::GzipLevel => write!(f, "[{GZIP_LEVEL_MIN},...,{GZIP_LEVEL_MAX}] or {GZIP_LEVEL_DEFAULT}"),
            Self::OneOf(values) => write!(f, "[{}]", values.join(", ")),
            Self::OneOfIgnoringCase(values) => write!(f, "(case insensitive) [{}]", values.join(", ")),
            Self::NonNull => f.write_str("non-null string"),
            Self::NonEmpty => f.write_str("non-empty string"),
            Self::Distinct { values: [], .. } => Ok(()),
            Self::Distinct { values, .. } => write!(f, "[{}]", values.join(", ")),
            Self::Voters | Self::Servers => f.write_str("non-empty list"),
            Self::ThrottledReplicas => f.write_str("[partitionId]:[brokerId],[partitionId]:[brokerId],..."),
            Self::ShareOffsetReset => f.write_str("[latest, earliest, by_duration:PnDTnHnMn.nS]"),
        }
    }
}
