//! Rules on the text of files.

use super::tree::{TextFile, Tree};

/// Words that must not stand in any file of ours, and why. Written in pieces so that this table passes its own rule.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "finish it, or write an issue"),
    (concat!("FIX", "ME"), "fix it"),
    (concat!("to", "do!("), "finish it"),
    (concat!("unimple", "mented!("), "finish it"),
    (concat!("#[ign", "ore"), "a test that does not run is none"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("crates", ".io"), "the registry is cargo's own business"),
    (concat!("repo1", ".maven"), "the registry is maven's own business"),
    (concat!("repo.maven", ".apache"), "the registry is maven's own business"),
    (concat!("registry.npm", "js"), "the registry is npm's own business"),
    (concat!("pypi", ".org"), "the registry is pip's own business"),
    (concat!("proxy.golang", ".org"), "the registry is go's own business"),
];

/// Files written by tools or by others; nobody edits them by hand.
const NOT_OURS: &[&str] = &["Cargo.lock", "LICENSE"];

/// Longest file without a reason.
const LINES_MAX: usize = 500;

/// Longer files: the lines they may have, and why they are one thing.
const LONGER: &[(&str, usize, &str)] = &[];

pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| is_ours(file)) {
        for (index, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, index + 1);
            if line.contains('\t') && !may_hold_tabs(&file.path) {
                found.push(format!("{place}: a tab"));
            }
            if line.ends_with(' ') && !is_fixture(&file.path) {
                found.push(format!("{place}: space at the end of the line"));
            }
            if let Some((word, why)) = FORBIDDEN.iter().find(|(word, _)| line.contains(word)) {
                found.push(format!("{place}: `{word}`: {why}"));
            }
        }
        if !file.text.is_empty() && !file.text.ends_with('\n') && !is_fixture(&file.path) {
            found.push(format!("{}: no newline at the end", file.path));
        }
    }
    Ok(found)
}

pub(crate) fn check_lengths(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for file in tree.with_extension("rs") {
        let lines = file.text.lines().count();
        let ceiling =
            LONGER.iter().find(|(path, ..)| *path == file.path).map_or(LINES_MAX, |(_, lines, _)| *lines);
        if lines > ceiling {
            found.push(format!(
                "{}: {lines} lines, at most {ceiling}: which second thing is in it?",
                file.path
            ));
        }
    }
    for (path, _, _) in LONGER {
        if tree.file(path).is_none_or(|file| file.text.lines().count() <= LINES_MAX) {
            found.push(format!("{path}: needs no exception for its length any more"));
        }
    }
    Ok(found)
}

pub(crate) fn check_headers(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let is_root = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        matches!(parts[..], ["crates", _, "src", "lib.rs" | "main.rs"])
    };
    let roots = tree.files.iter().filter(|file| is_root(&file.path));
    let bare = roots.filter(|file| !file.text.starts_with("//! "));
    Ok(bare.map(|file| format!("{}: begin by saying what the crate does", file.path)).collect())
}

fn is_ours(file: &TextFile) -> bool {
    !NOT_OURS.iter().any(|name| file.path.ends_with(name))
}

/// Bytes that other programs wrote, kept as they are.
fn is_fixture(path: &str) -> bool {
    path.contains("/fixtures/")
}

fn may_hold_tabs(path: &str) -> bool {
    is_fixture(path) || path.ends_with(".tsv")
}
