//! How Java's library prints, orders and names things, where Kafka's output shows it.

mod date;
mod double;
mod exception;
mod file;
mod hash_map;
mod json;
mod random;
mod text;

pub(crate) use date::{format_date, parse_timestamp};
pub(crate) use double::{double as double_text, float as float_text};
pub(crate) use exception::{exception_class, exception_text};
pub(crate) use file::JavaFile;
pub(crate) use hash_map::{CAPACITY, HashMap, hash_code, hash_of_partition, sort_as_copied_map, sort_as_map};
pub(crate) use json::write_json;
pub(crate) use random::SplittableRandom;
pub(crate) use text::decode_utf8;
