//! Every fuzz target stands in the table that the smoke run walks.

use super::tree::Tree;

const TABLE: &str = "crates/fuzz/src/targets.rs";

pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let Some(table) = tree.file(TABLE) else {
        return Ok(vec![format!("{TABLE}: the table of fuzz targets is gone")]);
    };
    let files = tree.files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("crates/fuzz/src/targets/")?.strip_suffix(".rs")?;
        (!name.contains('/')).then_some(name)
    });
    let missing = files.filter(|name| !table.text.contains(&format!("{name}::TARGET")));
    Ok(missing
        .map(|name| format!("{TABLE}: {name} is not in the table, so no smoke run covers it"))
        .collect())
}
