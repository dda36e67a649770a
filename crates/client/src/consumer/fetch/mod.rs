//! Fetching records: what to ask each broker for, and what comes of the answers.
//!
//! Nothing here touches the network: [`Fetcher`] makes requests and takes answers. It reads ahead: as long as
//! not much is buffered of a broker, the next fetch goes on behind what is buffered.

mod fetched;
mod fetcher;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use fetcher::{FetchAnswer, FetchCall, Fetcher};
