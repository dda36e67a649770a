//! Apache Kafka on this machine, and nodes as processes: what every crate needs that holds us beside it.
//!
//! [`Kafka`] fetches the jars once by Maven and runs classes of them, and ours compiled against them, on a Java of 17 or
//! later. [`Pair`] is that and our binary; a [`Node`] of either is formatted, started, stopped, killed, over a [`Server`], which
//! is any process that listens. [`files`] and [`ports`] are the little that goes with them. It judges nothing and is never
//! part of the product.

pub mod files;
mod kafka;
mod node;
mod pair;
pub mod ports;
mod server;
mod whose;

pub use kafka::{Kafka, LOGGING, TOOLS, class_of, fetch_jars, run};
pub use node::Node;
pub use pair::{Machine, Pair};
pub use server::Server;
pub use whose::Whose;
