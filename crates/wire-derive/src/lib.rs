//! Derive macros for Kafka's messages: `Message` for one at the top of its bytes, `Struct` for one within it.
//!
//! Both write `Default`, the codec (`ottla_wire::codec::Value`) and the schema of the struct; `Message` adds
//! the versions. They know the wire only by name: what a value looks like in bytes stands in
//! `ottla_wire::codec`, so that the code made for each struct stays one short call per field.
//!
//! ```ignore
//! #[derive(Clone, Debug, PartialEq, Message)]
//! #[message(request = 0, valid = "3-13", flexible = "9+")]
//! pub struct ProduceRequest {
//!     #[field(nullable = "3+", default = null)]
//!     pub transactional_id: Option<KafkaString>,
//!     pub topic_data: Vec<TopicProduceData>,
//!     pub unknown_tagged_fields: UnknownTaggedFields,
//! }
//! ```
//!
//! On a message: its kind (`request`, `response`, `metadata`, `coordinator_key` and `coordinator_value` with
//! a key;
//! `header` and `data` without), `valid` versions and `flexible` versions (`"none"` if never).
//!
//! On a field:
//! - `versions`: the versions that have it, all by default.
//! - `nullable`: the versions in which it may be null; then its type is an `Option`.
//! - `tag` and `tagged`: its tag, and the versions in which it is tagged, by default all that have it.
//! - `default`: a number, `true` or `null`; otherwise zero, false, empty, or a struct of defaults.
//! - `ignorable`: dropped where the version lacks it, instead of an error if it is set.
//! - `key`: part of its struct's key. `records`: bytes that are record batches.
//! - `flexible = "none"`: the length is never a varint.
//! - `name`: Kafka's name in JSON, where it is not the field's own in camel case.
//!
//! A field named `unknown_tagged_fields` keeps tags that the struct does not know; structs that are never
//! written in a flexible version have none.

mod attributes;
mod codec;
mod expand;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a message; see the crate's documentation for its attributes.
#[proc_macro_derive(Message, attributes(message, field))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::message(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a struct a part of messages; see the crate's documentation for its attributes.
#[proc_macro_derive(Struct, attributes(field))]
pub fn derive_struct(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::nested(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
