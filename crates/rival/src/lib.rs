//! Apache Kafka on this machine, and servers as processes: what every crate needs that holds us beside it.
//!
//! [`Kafka`] fetches the jars once by Maven and runs classes of them, and ours compiled against them, on a Java of 17 or
//! later. [`Server`] is a process that listens, whoever made it: started, stopped, killed. [`files`] and [`ports`] are the
//! little that goes with both. It judges nothing and is never part of the product.

pub mod files;
mod kafka;
pub mod ports;
mod server;

pub use kafka::{Kafka, TOOLS, run};
pub use server::Server;
