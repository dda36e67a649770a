//! What the log directories of a node say about whose they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ottla_io::Disk;
use ottla_log::error::CheckpointError;
use ottla_log::meta_properties::{MetaProperties, MetaPropertiesVersion};
use ottla_log::paths::META_PROPERTIES;
use ottla_wire::Uuid;
use thiserror::Error;

use super::Random;

/// Ids whose first half is zero and whose second is below this stand for something else than a directory.
const RESERVED_IDS: u128 = 100;

/// The log directories of a node, told apart by their `meta.properties`.
#[derive(Debug)]
pub struct LogDirectories {
    /// Those with a readable file.
    pub formatted: BTreeMap<String, MetaProperties>,
    /// Those without the file; they need not exist.
    pub empty: BTreeSet<String>,
    /// Those whose file cannot be read.
    pub failed: BTreeMap<String, CheckpointError>,
}

/// Whose the directories should be, as far as that is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExpectedNode<'a> {
    /// The cluster; without it all directories must agree.
    pub cluster_id: Option<&'a str>,
    /// The node; without it all directories must agree.
    pub node_id: Option<i32>,
}

/// Directories that do not belong together, or not to this node. The texts are Kafka's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the message says it")]
pub enum DirectoriesError {
    #[error("Invalid cluster.id in: {}. Expected {expected}, but read {found}", path.display())]
    ClusterId { path: PathBuf, expected: String, found: String },
    #[error(
        "Stored node id {found} doesn't match previous node id {expected} in {}. If you moved your data, make \
         sure your configured node id matches. If you intend to create a new node, you should remove all data \
         in your data directories.", path.display()
    )]
    NodeId { path: PathBuf, expected: i32, found: i32 },
    #[error("Invalid reserved directory ID {id} found in {dir}")]
    ReservedId { id: Uuid, dir: String },
    #[error("Duplicate directory ID {id} found. It was the ID of {first}, but also of {second}")]
    DuplicateId { id: Uuid, first: String, second: String },
}

impl LogDirectories {
    /// Reads `meta.properties` of each directory.
    pub fn read<'a>(disk: &dyn Disk, dirs: impl IntoIterator<Item = &'a str>) -> Self {
        let mut directories =
            Self { formatted: BTreeMap::new(), empty: BTreeSet::new(), failed: BTreeMap::new() };
        for dir in dirs {
            match MetaProperties::read(disk, Path::new(dir)) {
                Ok(Some(properties)) => {
                    directories.formatted.insert(dir.to_owned(), properties);
                }
                Ok(None) => {
                    directories.empty.insert(dir.to_owned());
                }
                Err(error) => {
                    tracing::error!(dir, %error, "cannot read meta.properties");
                    directories.failed.insert(dir.to_owned(), error);
                }
            }
        }
        directories
    }

    /// Checks that the formatted ones belong to one node of one cluster, each under an id of its own.
    ///
    /// # Errors
    ///
    /// The first that does not, in the order of their names.
    pub fn verify(&self, expected: ExpectedNode<'_>) -> Result<(), DirectoriesError> {
        let mut cluster_id = expected.cluster_id;
        let mut node_id = expected.node_id;
        let mut seen: BTreeMap<Uuid, &str> = BTreeMap::new();
        for (dir, properties) in &self.formatted {
            let path = || Path::new(dir).join(META_PROPERTIES);
            if let Some(found) = properties.cluster_id.as_deref() {
                let expected = *cluster_id.get_or_insert(found);
                if found != expected {
                    let (expected, found) = (expected.to_owned(), found.to_owned());
                    return Err(DirectoriesError::ClusterId { path: path(), expected, found });
                }
            }
            if let Some(found) = properties.node_id {
                let expected = *node_id.get_or_insert(found);
                if found != expected {
                    return Err(DirectoriesError::NodeId { path: path(), expected, found });
                }
            }
            let Some(id) = properties.directory_id else { continue };
            if u128::from_be_bytes(id.0) < RESERVED_IDS {
                return Err(DirectoriesError::ReservedId { id, dir: dir.clone() });
            }
            if let Some(first) = seen.insert(id, dir) {
                let (first, second) = (first.to_owned(), dir.clone());
                return Err(DirectoriesError::DuplicateId { id, first, second });
            }
        }
        Ok(())
    }

    /// An id that no directory has.
    pub(super) fn new_directory_id(&self, random: Random<'_>) -> Uuid {
        loop {
            let id = Uuid::random(&mut *random);
            if self.formatted.values().all(|properties| properties.directory_id != Some(id)) {
                return id;
            }
        }
    }
}

/// What a freshly formatted directory says.
pub(super) fn new_properties(cluster_id: &str, node_id: i32, directory_id: Uuid) -> MetaProperties {
    MetaProperties {
        version: MetaPropertiesVersion::V1,
        cluster_id: Some(cluster_id.to_owned()),
        node_id: Some(node_id),
        directory_id: Some(directory_id),
    }
}
