//! `bootstrap.checkpoint`: the records that a new cluster's metadata log begins with.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use ottla_controller::VersionedRecord;
use ottla_controller::features::{KRAFT_VERSION, METADATA_VERSION, MetadataVersion};
use ottla_io::Disk;
use ottla_log::error::DiskError;
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::KafkaString;
use ottla_wire::control::ControlRecord;
use ottla_wire::control::snapshot::{SnapshotFooterRecord, SnapshotHeaderRecord};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::feature_level::FeatureLevelRecord;
use thiserror::Error;

use crate::metadata::framing::{BatchPlace, FramingError, MetadataBatches, RecordRun, append_control};

/// Name of the file in each log directory.
const BOOTSTRAP_CHECKPOINT: &str = "bootstrap.checkpoint";

/// Largest file that is read; Kafka writes a few hundred bytes, and some for each SCRAM credential.
const FILE_LEN_MAX: u64 = 64 << 20;

/// The records that a new cluster's metadata log begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapMetadata {
    records: Vec<VersionedRecord>,
    metadata_version: MetadataVersion,
    source: String,
}

/// Bootstrap records cannot be read or used.
#[derive(Debug, Error)]
pub enum BootstrapError {
    /// The file cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// What is in the file is not what should be there.
    #[error("{} is damaged; format the directory anew or restore the file", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Kafka's words: without the feature nothing of the log can be written.
    #[error("No FeatureLevelRecord for {METADATA_VERSION} was found in the bootstrap metadata from {0}")]
    NoMetadataVersion(String),
    /// The cluster is of a later or of a very old release.
    #[error("{METADATA_VERSION} {level} in the bootstrap metadata from {from} is not supported: expected {} to {}", MetadataVersion::MINIMUM.level(), MetadataVersion::LATEST_TESTING.level())]
    UnknownMetadataVersion {
        /// The level.
        level: i16,
        /// Where it stands.
        from: String,
    },
}

impl BootstrapMetadata {
    /// What a directory without the file begins with: the newest `metadata.version` alone.
    pub fn latest() -> Self {
        let version = MetadataVersion::LATEST_PRODUCTION;
        Self {
            records: vec![feature_level(METADATA_VERSION, version.level())],
            metadata_version: version,
            source: "the default bootstrap".to_owned(),
        }
    }

    /// Those that set these features' levels; `kraft.version` lives in records of the quorum instead.
    pub fn from_levels(
        metadata_version: MetadataVersion,
        levels: &BTreeMap<String, i16>,
        source: &str,
    ) -> Self {
        let others = levels
            .iter()
            .filter(|(name, level)| **level > 0 && *name != METADATA_VERSION && *name != KRAFT_VERSION);
        let mut records = vec![feature_level(METADATA_VERSION, metadata_version.level())];
        records.extend(others.map(|(name, level)| feature_level(name, *level)));
        Self { records, metadata_version, source: source.to_owned() }
    }

    /// These records.
    ///
    /// # Errors
    ///
    /// If none of them sets `metadata.version`, or to a level that this release does not know.
    pub fn from_records(records: Vec<VersionedRecord>, source: &str) -> Result<Self, BootstrapError> {
        let level = records.iter().rev().find_map(|record| match &record.record {
            MetadataRecord::FeatureLevel(feature) if feature.name == METADATA_VERSION => {
                Some(feature.feature_level)
            }
            _ => None,
        });
        let level = level.ok_or_else(|| BootstrapError::NoMetadataVersion(source.to_owned()))?;
        let metadata_version = MetadataVersion::from_level(level)
            .ok_or_else(|| BootstrapError::UnknownMetadataVersion { level, from: source.to_owned() })?;
        Ok(Self { records, metadata_version, source: source.to_owned() })
    }

    /// The records with the versions they are written at.
    pub fn records(&self) -> &[VersionedRecord] {
        &self.records
    }

    /// The cluster's first `metadata.version`.
    pub fn metadata_version(&self) -> MetadataVersion {
        self.metadata_version
    }

    /// Where the records are from, in words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Reads the file of a log directory, or takes the default where there is none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or holds something else.
    pub fn read(disk: &dyn Disk, log_dir: &Path) -> Result<Self, BootstrapError> {
        let path = log_dir.join(BOOTSTRAP_CHECKPOINT);
        let bytes = match disk.read(&path, FILE_LEN_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::latest()),
            Err(source) => return Err(DiskError { action: "read", path, source }.into()),
        };
        let mut records = Vec::new();
        let mut read = || -> Result<(), FramingError> {
            for run in RecordRun::all_of(&bytes) {
                if let RecordRun::Metadata(some) = run? {
                    records.extend(some);
                }
            }
            Ok(())
        };
        match read() {
            Ok(()) => Self::from_records(
                records,
                &format!("the binary bootstrap metadata file: {}", path.display()),
            ),
            Err(source) => Err(BootstrapError::Malformed { path, source: Box::new(source) }),
        }
    }

    /// Writes the file of a log directory in one step.
    ///
    /// # Errors
    ///
    /// If the disk fails.
    pub fn write(&self, disk: &dyn Disk, log_dir: &Path, now: Timestamp) -> Result<(), DiskError> {
        let path = log_dir.join(BOOTSTRAP_CHECKPOINT);
        disk.write_atomically(&path, &self.to_bytes(now)).map_err(|source| DiskError {
            action: "write",
            path,
            source,
        })
    }

    /// The file: a header, the records, a footer, each a batch.
    pub fn to_bytes(&self, now: Timestamp) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut place = BatchPlace { base_offset: Offset(0), epoch: LeaderEpoch(0), timestamp: now };
        let header = ControlRecord::SnapshotHeader(SnapshotHeaderRecord::default());
        place.base_offset = append_control(&mut bytes, place, &[header]);
        let mut batches = MetadataBatches::new(place);
        for record in &self.records {
            batches.push(std::slice::from_ref(record)).expect("a record that was made or read");
        }
        place.base_offset = batches.next_offset();
        bytes.extend(batches.take_bytes());
        let footer = ControlRecord::SnapshotFooter(SnapshotFooterRecord::default());
        append_control(&mut bytes, place, &[footer]);
        bytes
    }
}

fn feature_level(name: &str, feature_level: i16) -> VersionedRecord {
    let record =
        FeatureLevelRecord { name: KafkaString::from(name), feature_level, ..FeatureLevelRecord::default() };
    VersionedRecord { record: record.into(), version: 0 }
}

/// As Java prints it, which is what the format command shows.
impl fmt::Display for BootstrapMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BootstrapMetadata(records=[")?;
        for (index, VersionedRecord { record, version }) in self.records.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}ApiMessageAndVersion(")?;
            fmt_record(record, f)?;
            write!(f, " at version {version})")?;
        }
        let level = self.metadata_version.level();
        write!(f, "], metadataVersionLevel={level}, source={})", self.source)
    }
}

fn fmt_record(record: &MetadataRecord, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match record {
        MetadataRecord::FeatureLevel(feature) => {
            write!(f, "FeatureLevelRecord(name='{}', featureLevel={})", feature.name, feature.feature_level)
        }
        MetadataRecord::UserScramCredential(credential) => {
            // Kafka shows salt and keys as well; what is derived from a password does not belong on a screen.
            write!(
                f,
                "UserScramCredentialRecord(name='{}', mechanism={}, salt=[hidden], storedKey=[hidden], \
                 serverKey=[hidden], iterations={})",
                credential.name, credential.mechanism, credential.iterations
            )
        }
        other => f.write_str(other.schema().name),
    }
}
