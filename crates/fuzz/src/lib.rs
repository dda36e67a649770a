//! Fuzz targets: every decoder of ours, told bytes that nobody meant.
//!
//! One table, [`TARGETS`], holds them all; one file under `src/targets/` each. Two things run them:
//!
//! * the smoke run in `cargo test`: each target over its seeds, its fixtures (inputs that once broke it) and some
//!   thousands of [`mutate`]d copies of both, the same ones every time;
//! * `cargo xtask fuzz TARGET`: libFuzzer, guided by coverage, for as long as one likes. What it finds it leaves
//!   under `fixtures/TARGET/`.
//!
//! A target never fails by an error that its decoder returns: bad input is met with errors. It fails by a panic,
//! an overflow, a check of its own, memory that the input's length does not justify, or time.

mod codec;
pub mod mutate;
mod targets;

pub use targets::TARGETS;

/// One thing to fuzz.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its file under `src/targets/`.
    pub name: &'static str,
    /// Feeds one input to the code under test and panics on a finding.
    pub run: fn(&[u8]),
    /// Inputs to begin from: small, valid, and of every shape the decoder knows.
    pub seeds: fn() -> Vec<Vec<u8>>,
}
