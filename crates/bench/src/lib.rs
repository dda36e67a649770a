//! Benchmarks, each beside the machine's own limit: what a copy, a checksum or a bare write costs here and now.
//!
//! A time alone says little, because machines differ and a busy one lies; a ratio to the limit measured in the same
//! minute on the same core says how much room is left. One table, [`BENCHES`], one file a bench. A bench is run in
//! full by `cargo xtask bench`, and with tiny sizes by a test, so that it never rots.
//!
//! Beside the table, [`node`] holds a whole node beside Apache Kafka's, and [`transactions`] our client's transactions on both.

pub mod allocations;
mod benches;
mod figures;
pub mod node;
mod session;
pub mod transactions;

pub use benches::BENCHES;
pub use session::{Comparison, Measured, Scale, Session};

/// One benchmark.
#[derive(Debug, Clone, Copy)]
pub struct Bench {
    /// The name to call it by.
    pub name: &'static str,
    /// What is measured and beside which limit.
    pub about: &'static str,
    /// Runs it and prints its lines.
    pub run: fn(&Session) -> anyhow::Result<()>,
}
