//! `cargo xtask tidy`: the rules that no compiler checks. A test of this crate runs the same table.

mod floors;
mod fuzz_targets;
mod licences;
mod links;
mod manifests;
mod purity;
mod text;
mod tree;

use anyhow::bail;
use tree::Tree;

/// One rule: looks at the tree and says what breaks it, one line each, the file first.
type Rule = fn(&Tree) -> anyhow::Result<Vec<String>>;

const RULES: &[(&str, Rule)] = &[
    ("text", text::check),
    ("file lengths", text::check_lengths),
    ("crate headers", text::check_headers),
    ("floors", floors::check),
    ("manifests", manifests::check),
    ("purity", purity::check),
    ("licences and bans", licences::check),
    ("links", links::check),
    ("fuzz targets", fuzz_targets::check),
];

pub(crate) fn run() -> anyhow::Result<()> {
    let tree = Tree::read(&crate::shell::root())?;
    let mut found = 0;
    for (name, rule) in RULES {
        for line in rule(&tree)? {
            eprintln!("{name}: {line}");
            found += 1;
        }
    }
    if found > 0 {
        bail!("{found} places break the rules of this house");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() -> anyhow::Result<()> {
        run()
    }
}
