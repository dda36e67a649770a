//! Rules on the manifests: one place for versions, lints on everywhere, nothing published by accident.

use toml::{Table, Value};

use super::tree::Tree;

pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for file in &tree.files {
        if !(file.path.starts_with("crates/") && file.path.ends_with("/Cargo.toml")) {
            continue;
        }
        let manifest: Table = file.text.parse()?;
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.and_then(Value::as_bool) != Some(true) {
            found.push(format!("{}: the lints of the workspace are not on", file.path));
        }
        if manifest.get("package").and_then(|package| package.get("description")).is_none() {
            found.push(format!("{}: no description", file.path));
        }
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = manifest.get(kind).and_then(Value::as_table).into_iter().flatten();
            for (name, dependency) in dependencies {
                if dependency.get("workspace").and_then(Value::as_bool) != Some(true) {
                    found.push(format!("{}: {name}: versions stand in the root manifest only", file.path));
                }
            }
        }
    }
    Ok(found)
}
