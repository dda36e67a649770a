//! Comparing what two loaders said, and what they left on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;
use ottla_rival::files::files;

/// Findings shown in full; of the others only the number.
const SHOWN: usize = 12;

/// A place where ours and Kafka's part.
#[derive(Debug)]
pub(crate) struct Finding {
    /// The directory it was found in.
    pub(crate) case: String,
    /// The partition or file.
    pub(crate) place: String,
    /// What differs, in words.
    pub(crate) what: String,
}

/// One directory in two copies.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) ottla: PathBuf,
    pub(crate) kafka: PathBuf,
}

impl Case {
    pub(crate) fn new(name: &str, ottla: &Path, kafka: &Path) -> Self {
        Self { name: name.to_owned(), ottla: ottla.to_owned(), kafka: kafka.to_owned() }
    }

    fn finding(&self, place: &str, what: String) -> Finding {
        Finding { case: self.name.clone(), place: place.to_owned(), what }
    }
}

/// Compares what the loaders said, partition by partition, and returns the number of partitions.
pub(crate) fn compare_findings(case: &Case, ours: &str, theirs: &str, findings: &mut Vec<Finding>) -> usize {
    let (ours, theirs) = (facts(ours), facts(theirs));
    for place in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (our, their) = (ours.get(place), theirs.get(place));
        if our != their {
            let show = |fact: Option<&Vec<&str>>| {
                fact.map_or_else(|| "nothing".to_owned(), |lines| lines.join("; "))
            };
            findings.push(case.finding(place, format!("\n  ours  {}\n  kafka {}", show(our), show(their))));
        }
    }
    let partitions: BTreeSet<_> = ours.keys().filter_map(|place| place.split('/').next()).collect();
    partitions.len()
}

/// The lines below each `[partition]`, by partition and first word: what is said of `partition/producer`, say.
fn facts(text: &str) -> BTreeMap<String, Vec<&str>> {
    let mut facts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut partition = "";
    for line in text.lines() {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(next) => partition = next,
            None => {
                let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
                facts.entry(format!("{partition}/{word}")).or_default().push(rest);
            }
        }
    }
    facts.values_mut().for_each(|lines| lines.sort_unstable());
    facts
}

/// Compares the names and bytes of those files of partitions that `wanted` picks by their path.
pub(crate) fn compare_files(
    case: &Case,
    wanted: impl Fn(&str) -> bool,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<()> {
    let (ours, theirs) = (partition_files(&case.ottla)?, partition_files(&case.kafka)?);
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).filter(|name| wanted(name)).collect();
    for name in names {
        let (our, their) = (content(ours.get(name))?, content(theirs.get(name))?);
        let difference = match (&our, &their) {
            (Some(our), Some(their)) => first_difference(our, their),
            (Some(our), None) => (!says_nothing(name, our)).then(|| "only ours".to_owned()),
            (None, Some(their)) => (!says_nothing(name, their)).then(|| "only Kafka's".to_owned()),
            (None, None) => None,
        };
        if let Some(difference) = difference {
            findings.push(case.finding(name, difference));
        }
    }
    Ok(())
}

fn partition_files(data_dir: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for file in files(data_dir)? {
        let name = file.strip_prefix(data_dir)?.to_string_lossy().into_owned();
        if name.contains('/') && !name.contains("-delete/") {
            found.insert(name, file);
        }
    }
    Ok(found)
}

/// A file's bytes; a producer snapshot's with its entries in order, since Kafka writes them in the order of a hash map,
/// and an index's without half an entry at its end, which nobody reads.
fn content(file: Option<&PathBuf>) -> anyhow::Result<Option<Vec<u8>>> {
    /// Version, checksum and number of entries.
    const HEADER: usize = 2 + 4 + 4;
    /// The checksum covers the order of the entries.
    const CHECKSUM: std::ops::Range<usize> = 2..6;
    const ENTRY: usize = 46;
    let Some(file) = file else { return Ok(None) };
    let mut bytes = fs::read(file)?;
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension {
        "index" => bytes.truncate(bytes.len() / 8 * 8),
        "timeindex" => bytes.truncate(bytes.len() / 12 * 12),
        _ => {}
    }
    if extension == "snapshot" && bytes.len() >= HEADER {
        bytes[CHECKSUM].fill(0);
        let mut entries: Vec<_> = bytes[HEADER..].chunks(ENTRY).map(<[u8]>::to_vec).collect();
        entries.sort();
        bytes.truncate(HEADER);
        bytes.extend(entries.concat());
    }
    Ok(Some(bytes))
}

/// Whether a file means the same as no file: Kafka creates indexes and lists of epochs before there is anything in them.
fn says_nothing(name: &str, bytes: &[u8]) -> bool {
    let is_empty = bytes.is_empty() && name.ends_with("index");
    is_empty || (name.ends_with("leader-epoch-checkpoint") && (bytes.is_empty() || bytes == b"0\n0\n"))
}

fn first_difference(ours: &[u8], theirs: &[u8]) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let shorter = ours.len().min(theirs.len());
    let at = ours.iter().zip(theirs).position(|(our, their)| our != their).unwrap_or(shorter);
    Some(format!("{} bytes, Kafka's has {}; they part at {at}", ours.len(), theirs.len()))
}

/// Prints the findings of a part; any is an error.
pub(crate) fn print_findings(part: &str, scope: &str, findings: &[Finding]) -> anyhow::Result<()> {
    println!("{part}: {scope}, {} differences", findings.len());
    for Finding { case, place, what } in findings.iter().take(SHOWN) {
        println!("{case} {place}: {what}");
    }
    if !findings.is_empty() {
        bail!("{part}: Apache Kafka and we differ in {} places", findings.len());
    }
    Ok(())
}
