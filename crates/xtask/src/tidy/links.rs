//! Links between our own pages lead somewhere.

use std::path::Path;

use super::tree::Tree;

pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for page in tree.with_extension("md") {
        let folder = Path::new(&page.path).parent().unwrap_or_else(|| Path::new(""));
        for (index, line) in page.text.lines().enumerate() {
            for link in links(line) {
                let path = link.split('#').next().unwrap_or_default();
                if is_ours(link) && !path.is_empty() && !tree.root.join(folder).join(path).exists() {
                    found.push(format!("{}:{}: nothing stands at {link}", page.path, index + 1));
                }
            }
        }
    }
    Ok(found)
}

/// The targets of `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

fn is_ours(link: &str) -> bool {
    !link.contains("://") && !link.starts_with("mailto:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_link_of_a_line() {
        let found: Vec<&str> = links("see [a](b.md), [c](d/e.md#f) and (g)").collect();
        assert_eq!(found, ["b.md", "d/e.md#f"]);
    }
}
