//! Java's `.properties` files, which hold Kafka's `server.properties` and `meta.properties`: read as `Properties.load` reads a stream
//! of bytes, and written as `Properties.store` writes one.
//!
//! Never: files (it reads and writes bytes), the meaning of a key, the order in which Java's hash map would write.
//!
//! Start with [`Properties::parse`] to read and [`Writer`] to write.

mod lines;
mod parse;
mod write;

pub use parse::{Entry, ParseError, Problem, Properties};
pub use write::Writer;
