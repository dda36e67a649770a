//! What the rules look at: the text files git knows, and what cargo says of the packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use crate::shell;

pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    /// Tracked files and new ones that git does not ignore, as paths from the root, sorted.
    pub(crate) files: Vec<TextFile>,
    /// `cargo metadata` with every package that is built on this platform.
    pub(crate) metadata: Value,
}

pub(crate) struct TextFile {
    pub(crate) path: String,
    /// Empty for files that are not UTF-8.
    pub(crate) text: String,
}

impl Tree {
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut git = Command::new("git");
        git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listing = shell::output(&mut git)?;
        let mut paths: Vec<&str> = listing.split_terminator('\0').collect();
        paths.sort_unstable();
        paths.dedup();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let full = root.join(path);
            if !full.is_file() {
                continue;
            }
            let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
            files
                .push(TextFile { path: path.to_owned(), text: String::from_utf8(bytes).unwrap_or_default() });
        }

        let mut cargo = shell::cargo();
        cargo.args(["metadata", "--locked", "--format-version", "1", "--all-features", "--filter-platform"]);
        cargo.arg("x86_64-unknown-linux-gnu");
        let metadata =
            serde_json::from_str(&shell::output(&mut cargo)?).context("cargo metadata is not JSON")?;
        Ok(Self { root: root.to_owned(), files, metadata })
    }

    pub(crate) fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a TextFile> {
        let matches = move |path: &str| Path::new(path).extension().is_some_and(|found| found == extension);
        self.files.iter().filter(move |file| matches(&file.path))
    }

    /// All packages, ours and others'.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &Value> {
        self.metadata["packages"].as_array().into_iter().flatten()
    }

    /// The packages of this workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Value> {
        self.packages().filter(|package| package["source"].is_null())
    }
}
