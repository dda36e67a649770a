//! What `kafka-storage format` does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ottla_config::{ListenerName, ServerConfig};
use ottla_controller::VersionedRecord;
use ottla_controller::features::{KRAFT_VERSION, METADATA_VERSION, MetadataVersion};
use ottla_io::Disk;
use ottla_log::error::DiskError;
use ottla_record::Timestamp;
use ottla_wire::Uuid;
use thiserror::Error;

use super::Random;
use super::bootstrap::{BootstrapError, BootstrapMetadata};
use super::directories::{DirectoriesError, ExpectedNode, LogDirectories, new_properties};
use super::features::{FeatureLevelError, Wanted};
use super::scram::{ScramArgumentError, credential_record};
use super::voters::InitialControllers;
use crate::metadata::snapshot::{SnapshotHeader, write_bootstrap_voters};

/// Formats log directories for a node.
#[derive(Debug, Clone)]
pub struct Formatter {
    /// The node.
    pub node_id: i32,
    /// The cluster, which any text may name; Kafka's own tools make up 22 characters.
    pub cluster_id: String,
    /// The directories.
    pub directories: BTreeSet<String>,
    /// The one of them that holds the metadata log.
    pub metadata_log_dir: String,
    /// Release whose features the cluster begins with; the newest without it.
    pub release_version: Option<MetadataVersion>,
    /// Levels of features that differ from the release's.
    pub feature_levels: BTreeMap<String, i16>,
    /// Whether levels that may still change are allowed (`unstable.feature.versions.enable`).
    pub unstable_feature_versions: bool,
    /// Whether directories that are formatted already are passed over, rather than an error.
    pub ignore_formatted: bool,
    /// Credentials to begin with, such as `SCRAM-SHA-256=[name=alice,password=secret]`.
    pub scram_arguments: Vec<String>,
    /// Listener at which controllers reach each other.
    pub controller_listener: ListenerName,
    /// Whether the configuration names no static voters, so that the quorum is dynamic (KIP-853).
    pub dynamic_quorum: bool,
    /// The first voters of a dynamic quorum; none for a node that joins one.
    pub initial_controllers: Option<InitialControllers>,
}

/// Directories cannot be formatted. Where Kafka says it too, in Kafka's words.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the message says it")]
pub enum FormatError {
    #[error("You must specify a valid non-negative node ID.")]
    NodeId,
    #[error("You must specify at least one directory to format")]
    NoDirectory,
    #[error("The specified metadata log directory, {dir} was not one of the given directories: [{given}]")]
    MetadataLogDir { dir: String, given: String },
    #[error("controller.listener.names is empty: it must name the listener at which controllers are reached")]
    NoControllerListener,
    #[error(transparent)]
    FeatureLevel(#[from] FeatureLevelError),
    #[error("SCRAM is only supported in {METADATA_VERSION} 3.5-IV2 or later.")]
    NoScram,
    #[error(transparent)]
    Scram(#[from] ScramArgumentError),
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    #[error(transparent)]
    Directories(#[from] DirectoriesError),
    #[error(
        "Log directory {0} is already formatted. Use --ignore-formatted to ignore this directory and format \
         the others."
    )]
    AlreadyFormatted(String),
    #[error("No available log directories to format.")]
    NoneAvailable,
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// What a directory is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DirectoryType {
    Data,
    StaticMetadata,
    DynamicMetadata,
    DynamicMetadataVoter(Uuid),
}

impl DirectoryType {
    const fn description(self) -> &'static str {
        match self {
            Self::Data => "data directory",
            Self::StaticMetadata => "metadata directory",
            Self::DynamicMetadata => "dynamic metadata directory",
            Self::DynamicMetadataVoter(_) => "dynamic metadata voter directory",
        }
    }
}

impl Formatter {
    /// A formatter of the directories in a node's configuration, with nothing else said.
    ///
    /// # Errors
    ///
    /// If the configuration names no listener of controllers.
    pub fn for_config(config: &ServerConfig, cluster_id: impl Into<String>) -> Result<Self, FormatError> {
        let listener = config.listeners.controller_listener_names.first();
        let listener = listener.and_then(|name| ListenerName::new(name));
        let mut directories: BTreeSet<String> = config.log_dirs.iter().cloned().collect();
        directories.insert(config.metadata_log_dir.clone());
        Ok(Self {
            node_id: config.node_id,
            cluster_id: cluster_id.into(),
            directories,
            metadata_log_dir: config.metadata_log_dir.clone(),
            release_version: None,
            feature_levels: BTreeMap::new(),
            unstable_feature_versions: config.keys.general.unstable_feature_versions_enable,
            ignore_formatted: false,
            scram_arguments: Vec::new(),
            controller_listener: listener.ok_or(FormatError::NoControllerListener)?,
            dynamic_quorum: config.quorum_voters.is_empty(),
            initial_controllers: None,
        })
    }

    /// Formats the directories that are not. `say` gets the lines that Kafka's tool prints.
    ///
    /// A directory counts as formatted once its `meta.properties` is there, which is written last.
    ///
    /// # Errors
    ///
    /// See [`FormatError`]; up to [`FormatError::Disk`] nothing has been written.
    pub fn run(
        &self,
        disk: &dyn Disk,
        now: Timestamp,
        random: Random<'_>,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), FormatError> {
        self.check()?;
        let wanted = Wanted {
            release_version: self.release_version,
            levels: &self.feature_levels,
            unstable_versions: self.unstable_feature_versions,
            dynamic_quorum: self.dynamic_quorum,
        };
        let version = wanted.metadata_version()?;
        let levels = wanted.all_levels(version)?;
        let bootstrap = self.bootstrap(version, &levels, random)?;
        let directories = LogDirectories::read(disk, self.directories.iter().map(String::as_str));
        self.check_formatted(&directories, say)?;
        if directories.empty.is_empty() {
            say("All of the log directories are already formatted.");
            return Ok(());
        }
        say(&format!("Bootstrap metadata: {bootstrap}"));
        for dir in &directories.empty {
            let kind = self.directory_type(dir);
            let description = kind.description();
            say(&format!("Formatting {description} {dir} with {METADATA_VERSION} {version}."));
            let directory_id = match kind {
                DirectoryType::DynamicMetadataVoter(id) => id,
                _ => directories.new_directory_id(random),
            };
            let job = FormatDirectory { formatter: self, disk, dir: Path::new(dir), now };
            job.run(kind, directory_id, &bootstrap, levels[KRAFT_VERSION], random)?;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), FormatError> {
        if self.node_id < 0 {
            return Err(FormatError::NodeId);
        }
        if self.directories.is_empty() {
            return Err(FormatError::NoDirectory);
        }
        if !self.directories.contains(&self.metadata_log_dir) {
            let given: Vec<&str> = self.directories.iter().map(String::as_str).collect();
            let dir = self.metadata_log_dir.clone();
            return Err(FormatError::MetadataLogDir { dir, given: given.join(", ") });
        }
        Ok(())
    }

    fn bootstrap(
        &self,
        version: MetadataVersion,
        levels: &BTreeMap<String, i16>,
        random: Random<'_>,
    ) -> Result<BootstrapMetadata, FormatError> {
        const SOURCE: &str = "format command";
        let bootstrap = BootstrapMetadata::from_levels(version, levels, SOURCE);
        if self.scram_arguments.is_empty() {
            return Ok(bootstrap);
        }
        if !version.has_scram() {
            return Err(FormatError::NoScram);
        }
        let mut records = bootstrap.records().to_vec();
        for argument in &self.scram_arguments {
            let record = credential_record(argument, &mut *random)?.into();
            records.push(VersionedRecord { record, version: 0 });
        }
        Ok(BootstrapMetadata::from_records(records, SOURCE)?)
    }

    fn check_formatted(
        &self,
        directories: &LogDirectories,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), FormatError> {
        let expected = ExpectedNode { cluster_id: Some(&self.cluster_id), node_id: Some(self.node_id) };
        directories.verify(expected)?;
        if let Some(dir) = directories.formatted.keys().next()
            && !self.ignore_formatted
        {
            return Err(FormatError::AlreadyFormatted(dir.clone()));
        }
        for dir in directories.failed.keys() {
            say(&format!("I/O error trying to read log directory {dir}. Ignoring..."));
        }
        if directories.empty.is_empty() && directories.formatted.is_empty() {
            return Err(FormatError::NoneAvailable);
        }
        Ok(())
    }

    fn directory_type(&self, dir: &str) -> DirectoryType {
        if dir != self.metadata_log_dir {
            return DirectoryType::Data;
        }
        let Some(controllers) = &self.initial_controllers else { return DirectoryType::StaticMetadata };
        match controllers.voters().get(&self.node_id) {
            Some(voter) => DirectoryType::DynamicMetadataVoter(voter.directory_id),
            None => DirectoryType::DynamicMetadata,
        }
    }
}

/// One directory to be formatted.
#[derive(Clone, Copy)]
struct FormatDirectory<'a> {
    formatter: &'a Formatter,
    disk: &'a dyn Disk,
    dir: &'a Path,
    now: Timestamp,
}

impl FormatDirectory<'_> {
    fn run(
        self,
        kind: DirectoryType,
        directory_id: Uuid,
        bootstrap: &BootstrapMetadata,
        kraft_version: i16,
        random: Random<'_>,
    ) -> Result<(), FormatError> {
        let Self { formatter, disk, dir, now } = self;
        disk.create_dir_all(dir).map_err(|source| DiskError {
            action: "create",
            path: dir.to_owned(),
            source,
        })?;
        bootstrap.write(disk, dir, now)?;
        if let Some(controllers) = &formatter.initial_controllers
            && matches!(kind, DirectoryType::DynamicMetadata | DirectoryType::DynamicMetadataVoter(_))
        {
            let header = SnapshotHeader {
                last_contained_log_timestamp: now,
                kraft_version,
                voters: Some(controllers.to_record(&formatter.controller_listener)),
            };
            write_bootstrap_voters(disk, dir, &header, now, random())?;
        }
        new_properties(&formatter.cluster_id, formatter.node_id, directory_id).write(disk, dir, now)?;
        Ok(())
    }
}
