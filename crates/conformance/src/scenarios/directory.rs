//! A used directory: Apache Kafka's dumper finds nothing wrong in any file of it, and another node takes it over whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use ottla_rival::files::files;
use ottla_rival::{Node, Whose};

use super::Scenario;
use crate::bed::Bed;
use crate::process::talk_ok;
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "directory",
    about: "Kafka's dumper and Kafka's node on a used directory, and ours on Kafka's",
    is_of_our_tools: false,
    run,
};

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let pairs: &[(Whose, Whose)] = match bed.subject {
        Whose::Kafka => &[(Whose::Kafka, Whose::Kafka)],
        Whose::Ottla => &[(Whose::Ottla, Whose::Kafka), (Whose::Kafka, Whose::Ottla)],
    };
    for &(first, second) in pairs {
        let mut node = Node::formatted(&bed.pair, first, &format!("directory-{first}"))?;
        node.start()?;
        let filled = report.check(&format!("a directory used by {}", first), || {
            ask(bed, &node, "fill").and_then(|()| ask(bed, &node, "before"))
        });
        node.stop()?;
        ensure!(filled, "there is nothing to take over");
        for (kind, files) in by_kind(&node.data())? {
            report.check(
                &format!("DumpLogSegments on {} of {}, {} files", kind.what, first, files.len()),
                || dump(bed, kind, &files),
            );
        }
        take_over(bed, report, &node, second)?;
    }
    Ok(())
}

/// The other node starts on a copy, knows what the first one knew, and goes on.
fn take_over(bed: &Bed, report: &mut Report, node: &Node<'_>, whose: Whose) -> anyhow::Result<()> {
    let mut successor = node.successor(whose, &format!("takeover-{whose}"))?;
    report.check(&format!("{} takes it over", whose), || {
        successor.start()?;
        ask(bed, &successor, "after")?;
        let read = |dir: &Path, name: &str| {
            std::fs::read_to_string(dir.join(name)).context("nothing was written down")
        };
        let (before, after) = (read(node.dir(), "before")?, read(successor.dir(), "after")?);
        let parted = before.lines().zip(after.lines()).find(|(before, after)| before != after);
        ensure!(before == after, "before and after part at {parted:?}");
        ensure!(before.lines().count() > 10, "too little was written down: {before}");
        Ok(())
    });
    report.check(&format!("{} goes on with it", whose), || {
        ask(bed, &successor, "more")?;
        successor.stop()
    });
    Ok(())
}

fn ask(bed: &Bed, node: &Node<'_>, what: &str) -> anyhow::Result<()> {
    let mut java = bed.java("Directory");
    java.arg(what).arg(node.bootstrap()).arg(node.dir().join(what));
    talk_ok(java, "").map(drop)
}

/// Files that are dumped with the same flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    what: &'static str,
    flags: &'static [&'static str],
}

/// Every file that the dumper knows, by the flags it wants for it.
fn by_kind(data: &Path) -> anyhow::Result<BTreeMap<Kind, Vec<PathBuf>>> {
    let mut kinds: BTreeMap<Kind, Vec<PathBuf>> = BTreeMap::new();
    for file in files(data)? {
        let place = file.strip_prefix(data)?.display().to_string();
        let extension = file.extension().unwrap_or_default().to_string_lossy().into_owned();
        let kind = match (extension.as_str(), place.as_str()) {
            ("log" | "checkpoint", place) if place.starts_with("__cluster_metadata-") => {
                Kind { what: "the metadata log", flags: &["--cluster-metadata-decoder"] }
            }
            ("log", place) if place.starts_with("__consumer_offsets-") => {
                Kind { what: "committed offsets", flags: &["--offsets-decoder"] }
            }
            ("log", _) => Kind { what: "logs", flags: &["--deep-iteration", "--print-data-log"] },
            ("index" | "timeindex", _) => Kind { what: "indexes", flags: &["--index-sanity-check"] },
            ("txnindex" | "snapshot", _) => Kind { what: "producers", flags: &[] },
            _ => continue,
        };
        kinds.entry(kind).or_default().push(file);
    }
    ensure!(kinds.len() >= 5, "{} has files of {} kinds only", data.display(), kinds.len());
    Ok(kinds)
}

/// What the dumper says of every segment but a log's first, right as it is.
const FIRST_OF_A_SEGMENT: &str = "  -1 is followed by ";

/// Words by which the dumper says that something is wrong.
const WRONG: &[&str] = &[
    "isvalid: false",
    "Mismatches in",
    " is followed by ",
    "Found timestamp mismatch",
    "Found out of order timestamp",
    "invalid bytes",
    "Could not",
    "could not",
    "Exception",
    "unknown",
];

fn dump(bed: &Bed, kind: Kind, files: &[PathBuf]) -> anyhow::Result<()> {
    let list: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let mut dumper: Command = bed.tool(Whose::Kafka, "dump-log")?;
    dumper.arg("--files").arg(list.join(",")).args(kind.flags);
    let said = talk_ok(dumper, "")?;
    let wrong = said.stdout.lines().chain(said.stderr.lines());
    let wrong = wrong.filter(|line| !line.starts_with(FIRST_OF_A_SEGMENT));
    let wrong: Vec<&str> =
        wrong.filter(|line| WRONG.iter().any(|word| line.contains(word))).take(3).collect();
    ensure!(wrong.is_empty(), "it says {}", wrong.join("\n"));
    let dumped = said.stdout.matches("Dumping ").count();
    ensure!(dumped == files.len(), "it dumped {dumped} files of {}", files.len());
    Ok(())
}
