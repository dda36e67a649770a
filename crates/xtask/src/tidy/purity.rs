//! Crates that decide get files, time and chance handed in, so that a simulator can hand in others.

use super::tree::Tree;

const PURE: &[&str] = &[
    "wire-derive",
    "wire",
    "record",
    "properties",
    "config",
    "log",
    "controller",
    "coordinator",
    "group",
    "txn",
];

/// What such a crate may not reach for by itself, and what to use in its place.
const FORBIDDEN: &[(&str, &str)] = &[
    ("std::fs", "ottla_io::Disk"),
    ("std::net::Tcp", "nothing: sockets belong to shells"),
    ("std::net::Udp", "nothing: sockets belong to shells"),
    ("SystemTime", "a Timestamp that is handed in"),
    ("Instant::now", "a Timestamp that is handed in"),
    ("env::var", "an option that is handed in"),
    ("rand::", "a seed that is handed in"),
    ("thread::spawn", "std::thread::scope, in a shell"),
    ("thread::sleep", "a due time that is asked for"),
];

pub(crate) fn check(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for name in PURE {
        let sources = format!("crates/{name}/src/");
        for file in tree.with_extension("rs").filter(|file| file.path.starts_with(&sources)) {
            for (index, line) in file.text.lines().enumerate() {
                if let Some((word, instead)) = FORBIDDEN.iter().find(|(word, _)| line.contains(word)) {
                    found.push(format!("{}:{}: `{word}`; use {instead}", file.path, index + 1));
                }
            }
        }
    }
    Ok(found)
}
