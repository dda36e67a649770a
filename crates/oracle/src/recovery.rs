//! Part `recovery`: copies of the directories, whole and damaged, opened by Kafka's loader and by ours, closed, and
//! compared: what each says it found, and every byte that is left.

use std::fs;
use std::path::Path;

use ottla_rival::Kafka;
use ottla_rival::files::{self, renew};

use crate::compare::{Case, Finding, compare_files, compare_findings, print_findings};
use crate::damage::{self, Damage};
use crate::data::{CLEAN, KILLED};
use crate::load;
use crate::written::WRITTEN;

/// How a directory was left, as far as a loader is told.
#[derive(Debug, Clone, Copy)]
struct Source {
    directory: &'static str,
    clean_shutdown: bool,
}

const SOURCES: &[Source] = &[
    Source { directory: CLEAN, clean_shutdown: true },
    Source { directory: KILLED, clean_shutdown: false },
    Source { directory: WRITTEN, clean_shutdown: false },
];

pub(crate) fn compare(kafka: &Kafka) -> anyhow::Result<()> {
    let work = kafka.work.join("recovery");
    renew(&work)?;
    let mut cases = Vec::new();
    for source in SOURCES {
        let wanted = |damage: &&Damage| match source.clean_shutdown {
            true => damage.after_clean_shutdown,
            false => damage.after_crash,
        };
        for damage in damage::ALL.iter().filter(wanted) {
            cases.push((prepare(kafka, &work, *source, *damage)?, source.clean_shutdown));
        }
    }

    eprintln!("Apache Kafka opens {} directories", cases.len());
    let loads: Vec<_> = cases.iter().map(|(case, clean)| (*clean, case.kafka.as_path())).collect();
    load::kafka_loads(kafka, &loads)?;

    eprintln!("ottla opens {} directories", cases.len());
    let mut findings = Vec::new();
    let mut partitions = 0;
    for (case, clean_shutdown) in &cases {
        let ours = load::ottla_loads(&case.ottla, *clean_shutdown)?;
        let theirs = fs::read_to_string(load::found(&case.kafka))?;
        partitions += compare_findings(case, &ours, &theirs, &mut findings);
        compare_files(case, |_| true, &mut findings)?;
    }
    let found = findings.len();
    findings.retain(|finding| !ALLOWED.iter().any(|allowed| allowed.covers(finding)));
    let allowed = found - findings.len();
    let scope =
        format!("{} directories, {partitions} partitions, {allowed} differences with a reason", cases.len());
    print_findings("recovery", &scope, &findings)
}

/// A difference that is meant.
struct Allowed {
    /// Kinds of damage it follows from; any when there is none.
    damage: &'static [&'static str],
    /// What the partition or file begins with.
    place: &'static str,
    /// What the file ends with.
    suffix: &'static str,
}

const ALLOWED: &[Allowed] = &[
    // Kafka leaves a time index empty that was gone and whose segment it does not recover; lookups by time then miss
    // that segment. We build its indexes anew.
    Allowed { damage: &["time-indexes-gone", "indexes-gone"], place: "", suffix: "index" },
    // Without any snapshot we take one more on the way to where recovery begins.
    Allowed { damage: &["snapshots-gone"], place: "", suffix: ".snapshot" },
    // When the oldest segment is gone without a checkpoint of the log's new start, Kafka keeps the epochs that ended in
    // it until the start moves again.
    Allowed { damage: OLDEST_GONE, place: "", suffix: "/epochs" },
    Allowed { damage: OLDEST_GONE, place: "", suffix: "/leader-epoch-checkpoint" },
    // Kafka lifts the recovery point to the log start; we leave it where indexes are known to be on the disk.
    Allowed { damage: &[], place: "", suffix: "/recovery_point" },
    // All records were deleted. Kafka forgets their producers and epochs when it recovers, we know them from the records
    // still there.
    Allowed { damage: &[], place: "delete-records-1/", suffix: "/producer" },
    Allowed { damage: &[], place: "delete-records-1/", suffix: ".snapshot" },
    Allowed { damage: &[], place: "delete-records-1/", suffix: "/epochs" },
    Allowed { damage: &[], place: "delete-records-1/", suffix: "/leader-epoch-checkpoint" },
    // Compaction left empty batches of producers. Recovering their segment, Kafka replaces what its snapshot knew of
    // these producers by less, and then takes them for expired.
    Allowed { damage: &["indexes-gone", "snapshots-gone"], place: "compacted-", suffix: "/producer" },
    Allowed { damage: &["indexes-gone"], place: "compacted-", suffix: ".snapshot" },
];

const OLDEST_GONE: &[&str] = &["oldest-log-gone", "half-cleaned", "half-deleted"];

impl Allowed {
    fn covers(&self, finding: &Finding) -> bool {
        let follows =
            self.damage.is_empty() || self.damage.iter().any(|damage| finding.case.ends_with(damage));
        follows && finding.place.starts_with(self.place) && finding.place.ends_with(self.suffix)
    }
}

fn prepare(kafka: &Kafka, work: &Path, source: Source, damage: Damage) -> anyhow::Result<Case> {
    let name = format!("{}-{}", source.directory, damage.name);
    let copy = |whose: &str| work.join(format!("{name}-{whose}"));
    let case = Case::new(&name, &copy("ottla"), &copy("kafka"));
    files::copy(&kafka.work.join(source.directory), &case.kafka)?;
    damage::apply(damage, &case.kafka)?;
    files::copy(&case.kafka, &case.ottla)?;
    Ok(case)
}
