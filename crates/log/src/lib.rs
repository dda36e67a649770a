//! One partition's log, and the logs of one directory.
//!
//! A partition is a directory of segments; a segment is a log file and three indexes. The crate appends batches, reads
//! them back, and after a crash finds out what is left. It speaks bytes and offsets: it opens no sockets, keeps no
//! time and starts no threads of its own accord, and reaches files only through [`ottla_io::Disk`].
//!
//! Start at [`log::Log`], a partition's log as a whole; [`cleaner`] compacts one. Below it: [`segment::Segment`] for the files of one segment, [`producer_state`]
//! for what a partition knows of its producers, [`leader_epoch`] and [`checkpoint`] for the small files beside them;
//! [`validate`] is what a leader demands of a batch, [`paths`] spells every name.

pub mod checkpoint;
pub mod clean_shutdown;
pub mod cleaner;
pub mod config;
pub mod error;
pub mod index;
pub mod leader_epoch;
pub mod log;
pub mod manager;
pub mod meta_properties;
pub mod offsets;
pub mod partition_metadata;
pub mod paths;
mod place;
pub mod producer_state;
pub mod segment;
#[cfg(test)]
mod testing;
pub mod validate;

pub use place::Place;
