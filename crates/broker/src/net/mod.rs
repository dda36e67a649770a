//! Sockets: where connections are accepted, and how requests and responses pass over them.
//!
//! A connection lives on one thread. Its requests are handled one after another, save that a produce request may begin while earlier ones
//! of the same connection wait for replicas, but not while one waits for a transaction's coordinator; answers leave in the order of
//! the requests.

mod accept;
mod connection;
mod frame;
mod limits;
mod outgoing;
mod threads;

pub use accept::BindError;
pub(crate) use accept::{BoundSocket, accept, bind};
pub(crate) use connection::ConnectionOptions;
#[cfg(test)]
pub(crate) use connection::ConnectionTask;
pub(crate) use limits::ConnectionLimits;
pub(crate) use threads::IoThreads;
