//! Log directories before a node uses them: formatting them, and checking at the start whose they are.
//!
//! [`Formatter`] does what `kafka-storage format` does, [`StorageInfo`] what `kafka-storage info` does,
//! [`NodeStorage::open`] is the check every start begins with. All of them write and read only small files; the logs
//! are none of their business. Random ids are handed in.

mod bootstrap;
mod directories;
mod features;
mod formatter;
mod info;
mod node;
mod scram;
#[cfg(test)]
mod tests;
mod voters;

pub use bootstrap::{BootstrapError, BootstrapMetadata};
pub use directories::{DirectoriesError, ExpectedNode, LogDirectories};
pub use features::FeatureLevelError;
pub use formatter::{FormatError, Formatter};
pub use info::StorageInfo;
pub use node::{NodeStorage, OpenStorageError};
pub use scram::ScramArgumentError;
pub use voters::{InitialControllers, InitialControllersError, InitialVoter};

/// Source of random bytes for ids and salts: the machine's own, or a seeded one in tests.
pub type Random<'a> = &'a mut dyn FnMut() -> [u8; 16];
