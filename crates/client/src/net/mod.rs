//! Connections to nodes.

mod backoff;
mod connection;
mod error;
mod frame;
mod negotiate;
mod pool;
#[cfg(test)]
mod tests;
mod transport;
mod versions;

pub(crate) use backoff::{Backoff, random};
pub use connection::{Connection, Pending};
pub use error::ConnectionError;
pub use pool::Purpose;
pub(crate) use pool::{Peer, Pool};
#[cfg(test)]
pub(crate) use transport::{Connecting, Transport};
pub(crate) use transport::{Connector, Tcp};
pub use versions::{NodeVersions, UnsupportedVersion};
