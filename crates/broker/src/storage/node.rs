//! The check that every start begins with: whose the directories are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ottla_config::ServerConfig;
use ottla_io::Disk;
use ottla_log::error::{CheckpointError, DiskError};
use ottla_log::meta_properties::MetaProperties;
use ottla_record::Timestamp;
use ottla_wire::Uuid;
use thiserror::Error;

use super::Random;
use super::bootstrap::{BootstrapError, BootstrapMetadata};
use super::directories::{DirectoriesError, ExpectedNode, LogDirectories};
use crate::metadata::METADATA_LOG_DIR_NAME;

/// The directories of a node that may start.
#[derive(Debug)]
pub struct NodeStorage {
    /// The cluster that the directories belong to.
    pub cluster_id: String,
    /// Each usable directory with its id.
    pub directories: BTreeMap<String, Uuid>,
    /// Those that cannot be used, and why; the metadata log's is never among them.
    pub failed: BTreeMap<String, CheckpointError>,
    /// The one that holds the metadata log.
    pub metadata_log_dir: String,
    /// What a metadata log that is still empty begins with.
    pub bootstrap: BootstrapMetadata,
}

/// A node must not start on its directories. Where Kafka says it too, in Kafka's words.
#[derive(Debug, Error)]
pub enum OpenStorageError {
    /// Not one directory is formatted and readable.
    #[error(
        "No readable meta.properties files found. None of the log directories ({}) is formatted: run \
         `kafka-storage format` on them first", dirs.join(", ")
    )]
    NoneFormatted {
        /// The directories.
        dirs: Vec<String>,
    },
    /// The directories do not belong together, or not to this node.
    #[error(transparent)]
    Directories(#[from] DirectoriesError),
    /// One of several directories is not formatted.
    #[error("No `meta.properties` found in {0} (have you run `kafka-storage.sh` to format the directory?)")]
    NotFormatted(String),
    /// The file is of the days of ZooKeeper and lacks an id.
    #[error("Error: {what} ID not found in {dir}")]
    NoId {
        /// Node or cluster.
        what: &'static str,
        /// The directory.
        dir: String,
    },
    /// The directory of the metadata log cannot be read, and there is no node without.
    #[error("Encountered I/O error in metadata log directory {dir}. Cannot continue.")]
    MetadataLogDir {
        /// The directory.
        dir: String,
        /// What happened.
        source: CheckpointError,
    },
    /// A second metadata log: which one counts?
    #[error(
        "Found unexpected metadata location in data directory `{}` (the configured metadata directory is \
         {metadata_log_dir}).", found.display()
    )]
    UnexpectedMetadataLog {
        /// Where it is.
        found: PathBuf,
        /// Where it should be.
        metadata_log_dir: String,
    },
    /// A file cannot be written or looked for.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The records of a new cluster cannot be read.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
}

impl NodeStorage {
    /// Checks the directories of a node's configuration. Those from before 3.7 get their ids.
    ///
    /// # Errors
    ///
    /// See [`OpenStorageError`]. A data directory that cannot be read is no error as long as another can.
    pub fn open(
        disk: &dyn Disk,
        config: &ServerConfig,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<Self, OpenStorageError> {
        let metadata_log_dir = config.metadata_log_dir.clone();
        let dirs = config.log_dirs.iter().chain([&metadata_log_dir]).map(String::as_str);
        let mut found = LogDirectories::read(disk, dirs);
        if let Some(source) = found.failed.remove(&metadata_log_dir) {
            return Err(OpenStorageError::MetadataLogDir { dir: metadata_log_dir, source });
        }
        if found.formatted.is_empty() {
            return Err(OpenStorageError::NoneFormatted { dirs: found.empty.into_iter().collect() });
        }
        found.verify(ExpectedNode { cluster_id: None, node_id: Some(config.node_id) })?;
        check_other_metadata_logs(disk, &found, &metadata_log_dir)?;
        if let Some(dir) = found.empty.first() {
            return Err(OpenStorageError::NotFormatted(dir.clone()));
        }
        let (cluster_id, directories) = with_ids(disk, &found, now, random)?;
        let bootstrap = BootstrapMetadata::read(disk, Path::new(&metadata_log_dir))?;
        Ok(Self { cluster_id, directories, failed: found.failed, metadata_log_dir, bootstrap })
    }

    /// Id of the directory that holds the metadata log.
    pub fn metadata_directory_id(&self) -> Uuid {
        self.directories[&self.metadata_log_dir]
    }
}

fn check_other_metadata_logs(
    disk: &dyn Disk,
    found: &LogDirectories,
    metadata_log_dir: &str,
) -> Result<(), OpenStorageError> {
    for dir in found.formatted.keys().filter(|dir| *dir != metadata_log_dir) {
        let path = Path::new(dir).join(METADATA_LOG_DIR_NAME);
        let exists = disk.exists(&path).map_err(|source| DiskError {
            action: "look for",
            path: path.clone(),
            source,
        })?;
        if exists {
            let metadata_log_dir = metadata_log_dir.to_owned();
            return Err(OpenStorageError::UnexpectedMetadataLog { found: path, metadata_log_dir });
        }
    }
    Ok(())
}

/// The cluster's id and those of the directories; a directory without one gets it.
fn with_ids(
    disk: &dyn Disk,
    found: &LogDirectories,
    now: Timestamp,
    random: Random<'_>,
) -> Result<(String, BTreeMap<String, Uuid>), OpenStorageError> {
    let mut cluster_id = String::new();
    let mut directories = BTreeMap::new();
    for (dir, properties) in &found.formatted {
        let no_id = |what| OpenStorageError::NoId { what, dir: dir.clone() };
        properties.node_id.ok_or_else(|| no_id("node"))?;
        cluster_id = properties.cluster_id.clone().ok_or_else(|| no_id("cluster"))?;
        let id = match properties.directory_id {
            Some(id) => id,
            None => {
                let id = found.new_directory_id(&mut *random);
                tracing::info!(dir, %id, "rewriting meta.properties with an id of the directory");
                let properties = MetaProperties { directory_id: Some(id), ..properties.clone() };
                properties.write(disk, Path::new(dir), now)?;
                id
            }
        };
        directories.insert(dir.clone(), id);
    }
    Ok((cluster_id, directories))
}
