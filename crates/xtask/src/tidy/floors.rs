//! Which crate may stand on which: the list of crates *is* the architecture.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tree::Tree;

/// Each crate of ours with the crates of ours that its code may use; development dependencies may reach
/// further up the same list, but never to a crate that uses it in turn.
const FLOORS: &[(&str, &[&str])] = &[
    ("ottla-wire-derive", &[]),
    ("ottla-wire", &["ottla-wire-derive"]),
    ("ottla-record", &[]),
    ("ottla-io", &[]),
    ("ottla-properties", &[]),
    ("ottla-config", &["ottla-properties"]),
    ("ottla-log", &["ottla-wire", "ottla-record", "ottla-io", "ottla-properties"]),
    ("ottla-controller", &["ottla-wire", "ottla-record", "ottla-config"]),
    ("ottla-coordinator", &["ottla-wire", "ottla-record"]),
    ("ottla-group", &["ottla-wire", "ottla-record", "ottla-config", "ottla-coordinator"]),
    ("ottla-txn", &["ottla-wire", "ottla-record", "ottla-config", "ottla-coordinator"]),
    ("ottla-client", &["ottla-wire", "ottla-record", "ottla-properties"]),
    (
        "ottla-broker",
        &[
            "ottla-wire",
            "ottla-record",
            "ottla-io",
            "ottla-properties",
            "ottla-config",
            "ottla-log",
            "ottla-controller",
            "ottla-coordinator",
            "ottla-group",
            "ottla-txn",
        ],
    ),
    (
        "ottla-cli",
        &[
            "ottla-wire",
            "ottla-record",
            "ottla-io",
            "ottla-properties",
            "ottla-config",
            "ottla-log",
            "ottla-controller",
            "ottla-client",
            "ottla-broker",
        ],
    ),
    (
        "ottla-sim",
        &[
            "ottla-wire",
            "ottla-record",
            "ottla-io",
            "ottla-log",
            "ottla-coordinator",
            "ottla-group",
            "ottla-txn",
        ],
    ),
    (
        "ottla-fuzz",
        &["ottla-wire", "ottla-record", "ottla-io", "ottla-log", "ottla-config", "ottla-properties"],
    ),
    ("ottla-rival", &[]),
    ("ottla-bench", &["ottla-wire", "ottla-record", "ottla-io", "ottla-log", "ottla-client", "ottla-rival"]),
    ("ottla-oracle", &["ottla-wire", "ottla-record", "ottla-io", "ottla-log", "ottla-rival"]),
    ("ottla-conformance", &["ottla-wire", "ottla-record", "ottla-rival"]),
    ("ottla-differential", &["ottla-wire", "ottla-record", "ottla-rival"]),
    ("ottla-peer", &[]),
    ("xtask", &[]),
];

pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let floors: BTreeMap<&str, &[&str]> = FLOORS.iter().copied().collect();
    let mut found = Vec::new();
    for package in tree.members() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(allowed) = floors.get(name) else {
            found.push(format!("{name}: stands on no floor, add it to the table"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let other = dependency["name"].as_str().unwrap_or_default();
            if floors.contains_key(other) && is_built_in(dependency) && !allowed.contains(&other) {
                found.push(format!("{name}: may not use {other}"));
            }
        }
        if package["name"] != directory_name(package) {
            found.push(format!("{name}: lives in a folder of another name"));
        }
    }
    Ok(found)
}

/// Part of the crate itself, not only of its tests.
fn is_built_in(dependency: &Value) -> bool {
    dependency["kind"] != "dev"
}

/// The package name that the crate's folder promises.
fn directory_name(package: &Value) -> String {
    let manifest = package["manifest_path"].as_str().unwrap_or_default();
    let folder = manifest.trim_end_matches("/Cargo.toml").rsplit('/').next().unwrap_or_default();
    if folder == "xtask" { folder.to_owned() } else { format!("ottla-{folder}") }
}
