//! Paths as `java.io.File` has them.

use std::env;
use std::fmt;
use std::path::Path;

/// A path with its repeated and trailing slashes taken out, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JavaFile(String);

impl JavaFile {
    pub(crate) fn new(path: &str) -> Self {
        let mut normal = String::with_capacity(path.len());
        for char in path.chars() {
            if char != '/' || !normal.ends_with('/') {
                normal.push(char);
            }
        }
        if normal.len() > 1 && normal.ends_with('/') {
            normal.pop();
        }
        Self(normal)
    }

    /// What follows the last slash.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// The name up to its first dot.
    pub(crate) fn stem(&self) -> &str {
        self.name().split('.').next().unwrap_or_default()
    }

    /// The name from its last dot on.
    pub(crate) fn suffix(&self) -> Option<&str> {
        self.name().rfind('.').map(|dot| &self.name()[dot..])
    }

    /// The file of another name in the same directory.
    pub(crate) fn sibling(&self, name: &str) -> Self {
        match self.0.rsplit_once('/') {
            Some((dir, _)) => Self(format!("{dir}/{name}")),
            None => Self(name.to_owned()),
        }
    }

    /// The path behind the working directory, unless it begins at the root.
    pub(crate) fn absolute(&self) -> String {
        if self.0.starts_with('/') {
            return self.0.clone();
        }
        // Without a working directory the path alone is as good a name as there is.
        let dir = env::current_dir().unwrap_or_default();
        let dir = dir.display().to_string();
        if self.0.is_empty() { dir } else { format!("{}/{}", dir.trim_end_matches('/'), self.0) }
    }

    pub(crate) fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl fmt::Display for JavaFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let file = JavaFile::new("//var///log/./a-0/00012.log//");
        assert_eq!(file.to_string(), "/var/log/./a-0/00012.log");
        assert_eq!((file.name(), file.stem(), file.suffix()), ("00012.log", "00012", Some(".log")));
        assert_eq!(file.sibling("x").to_string(), "/var/log/./a-0/x");
        assert_eq!(file.absolute(), file.to_string());
        let bare = JavaFile::new("a");
        assert_eq!((bare.name(), bare.stem(), bare.suffix()), ("a", "a", None));
        assert_eq!(bare.sibling("b").to_string(), "b");
        assert!(bare.absolute().ends_with("/a"));
        assert_eq!(JavaFile::new("/").to_string(), "/");
        assert_eq!(JavaFile::new(".log").stem(), "");
    }
}
