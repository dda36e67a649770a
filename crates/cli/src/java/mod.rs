//! How Java's library prints, orders and names things, where Kafka's output shows it.

mod double;
mod file;
mod hash_map;
mod json;
mod text;

pub(crate) use file::JavaFile;
pub(crate) use hash_map::HashMap;
pub(crate) use json::write_json;
pub(crate) use text::decode_utf8;
