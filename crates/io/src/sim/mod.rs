//! A simulated disk, clock and chance: every run from one seed, every fault on demand.
//!
//! Start with [`SimDisk`]. It keeps beside what readers see what a power loss would leave: [`SimDisk::crash`] draws one
//! such outcome, [`SimDisk::kill`] ends the process only. Faults come from rules ([`FaultRule`]), from chance
//! ([`FaultRates`]) or from limits ([`SimDisk::set_capacity`], [`SimDisk::set_read_only`]).

mod clock;
mod counters;
mod crash;
mod dice;
mod disk;
mod fault;
mod file;
mod image;
mod state;
mod survival;
mod tree;

pub use clock::SimClock;
pub use counters::{SimCounters, SimEvent};
pub use crash::{CrashOptions, Growth, NamesAfterCrash};
pub use dice::Dice;
pub use disk::{Corruption, SimDisk};
pub use fault::{Failure, Fault, FaultRates, FaultRule, Names, Operation, PlantedBug};
