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

/// Random bytes of the machine's own.
///
/// # Panics
///
/// If the operating system has none, which no supported one does once it is up.
pub fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    let mut filled = 0;
    while filled < bytes.len() {
        let flags = rustix::rand::GetRandomFlags::empty();
        filled += rustix::rand::getrandom(&mut bytes[filled..], flags).expect("random bytes");
    }
    bytes
}

/// Source of random bytes for ids and salts: the machine's own, or a seeded one in tests.
pub type Random<'a> = &'a mut dyn FnMut() -> [u8; 16];
