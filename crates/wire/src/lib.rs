//! Every message of Apache Kafka 4.3 as a Rust struct: requests and responses, headers, metadata records,
//! control records, the records of internal topics, and the small formats kept in files and protocol blobs.
//!
//! The definition is the documentation: a struct derives [`Message`], each field says in which versions it
//! exists, whether it may be null and what its default is, and from that one place come the decoder, the
//! encoder, the size, the JSON form and the [`Schema`](schema::Schema).
//!
//! Where to start:
//! - [`messages`] names every top-level message; their nested structs live in the module of their API, such as
//!   [`api::produce`]. [`Message`] encodes and decodes one of them at a version.
//! - [`api::ApiKey`] is the table of RPCs; [`api::RequestBody`] and [`api::ResponseBody`] hold any one of them.
//! - [`metadata::MetadataRecord`], [`group::GroupKey`], [`control::ControlRecord`] and their like read and write
//!   the records of logs with the prefix that Kafka frames them by.
//! - [`json`] turns any message into the JSON of Kafka's own tools, and back.
//!
//! What it never does: IO, compression, or looking into record batches, which stay [`bytes::Bytes`]. A
//! decoder never allocates for a length before the bytes are there, and never panics, whatever the bytes.

// The derive macro names this crate by its name, also from within.
extern crate self as ottla_wire;

pub mod api;
pub mod codec;
pub mod control;
pub mod error;
pub mod files;
pub mod group;
pub mod header;
pub mod json;
pub mod messages;
pub mod metadata;
pub mod protocol;
pub mod remote;
pub mod schema;
pub mod share;
pub mod transaction;

mod error_code;
mod message;
mod records;
mod string;
mod uuid;
mod versions;

pub use error::{DecodeError, EncodeError, Fault, Problem};
pub use error_code::{ErrorCode, ErrorKind};
pub use message::{Kind, Message};
pub use ottla_wire_derive::{Message, Struct};
pub use string::KafkaString;
pub use uuid::Uuid;
pub use versions::Versions;
