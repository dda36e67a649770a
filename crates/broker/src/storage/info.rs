//! What `kafka-storage info` tells.

use std::collections::BTreeSet;
use std::path::Path;

use ottla_config::ServerConfig;
use ottla_io::{Disk, EntryKind};
use ottla_log::meta_properties::{MetaProperties, MetaPropertiesVersion};

/// What the log directories of a node are, and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StorageInfo {
    /// The directories that are there, sorted.
    pub found: Vec<String>,
    /// What the first formatted one says of itself.
    pub metadata: Option<MetaProperties>,
    /// What is wrong, in Kafka's words.
    pub problems: Vec<String>,
}

impl StorageInfo {
    /// Looks at the directories of a node's configuration.
    pub fn read(disk: &dyn Disk, config: &ServerConfig) -> Self {
        let dirs: BTreeSet<&str> =
            config.log_dirs.iter().chain([&config.metadata_log_dir]).map(String::as_str).collect();
        let mut info = Self::default();
        for dir in dirs {
            info.add(disk, dir);
        }
        let first = info.metadata.as_ref();
        if first.is_some_and(|first| first.version == MetaPropertiesVersion::V0) {
            info.problems.push(
                "The kafka configuration file appears to be for a cluster in KRaft mode, but the directories \
                 are formatted for legacy mode."
                    .to_owned(),
            );
        }
        info
    }

    fn add(&mut self, disk: &dyn Disk, dir: &str) {
        let path = Path::new(dir);
        match disk.exists(path) {
            Ok(true) if is_directory(disk, path) => self.found.push(dir.to_owned()),
            Ok(true) => return self.problems.push(format!("{dir} is not a directory")),
            _ => return self.problems.push(format!("{dir} does not exist")),
        }
        let found = match MetaProperties::read(disk, path) {
            Ok(Some(found)) => found,
            Ok(None) => return self.problems.push(format!("{dir} is not formatted.")),
            Err(error) => {
                return self.problems.push(format!("Error loading {dir}/meta.properties: {error}"));
            }
        };
        let Some(first) = &self.metadata else {
            self.metadata = Some(found);
            return;
        };
        if first.cluster_id != found.cluster_id {
            self.problems.push("Mismatched cluster IDs between storage directories.".to_owned());
        } else if first.node_id != found.node_id {
            self.problems.push("Mismatched node IDs between storage directories.".to_owned());
        }
    }
}

fn is_directory(disk: &dyn Disk, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let (Some(parent), Some(name)) = (path.parent(), name) else { return true };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let Ok(entries) = disk.list(parent) else { return true };
    let entry = entries.into_iter().find(|entry| entry.name == name);
    entry.is_none_or(|entry| entry.kind != EntryKind::File)
}
