//! `storage info`.

use std::collections::BTreeMap;

use ottla_broker::storage::StorageInfo;
use ottla_config::ServerConfig;
use ottla_io::RealDisk;
use ottla_log::meta_properties::{MetaProperties, MetaPropertiesVersion};

use crate::frame::{Console, Stop};

pub(super) fn run(config: &ServerConfig, console: &mut Console<'_>) -> Result<(), Stop> {
    let StorageInfo { found, metadata, problems } = StorageInfo::read(&RealDisk, config);
    let out = console.out();
    if !found.is_empty() {
        writeln!(out, "Found log {}:", if found.len() == 1 { "directory" } else { "directories" })?;
        found.iter().try_for_each(|directory| writeln!(out, "  {directory}"))?;
        writeln!(out)?;
    }
    if let Some(metadata) = metadata {
        writeln!(out, "Found metadata: {{{}}}\n", text_of(&metadata))?;
    }
    if problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "Found problem{}:", if problems.len() == 1 { "" } else { "s" })?;
    problems.iter().try_for_each(|problem| writeln!(out, "  {problem}"))?;
    writeln!(out)?;
    Err(Stop::Status(1))
}

/// As Java prints a sorted map.
fn text_of(metadata: &MetaProperties) -> String {
    let (version, node_id_key) = match metadata.version {
        MetaPropertiesVersion::V0 => ("0", "broker.id"),
        MetaPropertiesVersion::V1 => ("1", "node.id"),
    };
    let values = BTreeMap::from([
        ("cluster.id", metadata.cluster_id.clone()),
        ("directory.id", metadata.directory_id.map(|id| id.to_string())),
        (node_id_key, metadata.node_id.map(|id| id.to_string())),
        ("version", Some(version.to_owned())),
    ]);
    let given = values.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", value?)));
    given.collect::<Vec<_>>().join(", ")
}
