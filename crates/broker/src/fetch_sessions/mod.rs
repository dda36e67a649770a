//! Fetch sessions (KIP-227): what a client wants to read, remembered between its requests, so that these and their answers
//! carry only what changed.
//!
//! [`FetchSessions`] keeps them, up to a limit. [`FetchSessions::begin`] tells what a request is about; the [`FetchContext`]
//! it gives is asked again when the answer is there, for what of it must be sent.

mod cache;
mod context;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use cache::FetchSessions;
pub(crate) use context::{FetchContext, FetchHeader};
pub(crate) use session::{Answer, PartitionKey, TopicKey, WantedPartition};
