//! Part `dump`: both dumpers on every file, with every set of flags that its kind takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, bail};
use ottla_rival::files::{copy, files, renew};
use ottla_rival::{Kafka, run};

use crate::compare::Finding;
use crate::damage;
use crate::data::{CLEAN, KILLED};
use crate::written::WRITTEN;

/// Differences shown in full; of the others only the number.
const SHOWN: usize = 10;

/// The directory of the killed node, damaged in many ways.
const DAMAGED: &str = "damaged";

/// Our dumper runs on as many files at a time as the smallest machine has cores.
const WORKERS: usize = 2;

/// One run of a dumper: a file and flags.
#[derive(Debug)]
struct Job {
    arguments: Vec<String>,
    kind: String,
    /// Kafka's side of it: this path with `.out`, `.err` and `.exit`.
    output: PathBuf,
}

/// What a dumper said.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
    status: i32,
}

pub(crate) fn compare(kafka: &Kafka, ottla: &Path) -> anyhow::Result<()> {
    let ottla = ottla.canonicalize().with_context(|| format!("no binary at {}", ottla.display()))?;
    let damaged = kafka.work.join(DAMAGED);
    copy(&kafka.work.join(KILLED), &damaged)?;
    damage::apply_in_turn(&damaged)?;
    let mut jobs = Vec::new();
    for directory in [CLEAN, KILLED, WRITTEN, DAMAGED] {
        plan(kafka, &kafka.work.join(directory), flags, &mut jobs)?;
    }
    kafka_dumps(kafka, &jobs)?;
    eprintln!("ottla dumps {} times", jobs.len());
    let differences = differences(&jobs, &ottla)?;
    report(&jobs, &differences)
}

/// What Kafka's dumper finds wrong in a directory, one line a run.
pub(crate) fn complaints(kafka: &Kafka, directory: &Path) -> anyhow::Result<Vec<Finding>> {
    let mut jobs = Vec::new();
    plan(kafka, directory, checks, &mut jobs)?;
    kafka_dumps(kafka, &jobs)?;
    let mut complaints = Vec::new();
    for job in &jobs {
        let said = job.kafka_said()?;
        let err = String::from_utf8_lossy(&said.err);
        // Offsets begin above -1, and have gaps where transactions end and segments begin: no dump is silent of that.
        let harmless =
            err.lines().all(|line| line.starts_with("Non-consecutive offsets in") || line.starts_with("  "));
        let invalid = String::from_utf8_lossy(&said.out).lines().any(|line| line.ends_with("isvalid: false"));
        if said.status != 0 || !harmless || invalid {
            let what = first_line(&said.err);
            complaints.push(Finding { case: "dumper".to_owned(), place: job.arguments.join(" "), what });
        }
    }
    Ok(complaints)
}

/// A job for every file of a directory and every set of flags.
fn plan(
    kafka: &Kafka,
    directory: &Path,
    flags: fn(&Path) -> Vec<Vec<&'static str>>,
    jobs: &mut Vec<Job>,
) -> anyhow::Result<()> {
    for file in files(directory)? {
        let Some(path) = file.to_str() else { continue };
        for flags in flags(&file) {
            let mut arguments = vec!["--files".to_owned(), path.to_owned()];
            arguments.extend(flags.iter().map(|flag| (*flag).to_owned()));
            let output = kafka.work.join("dump").join(jobs.len().to_string());
            jobs.push(Job { arguments, kind: kind(&file).to_owned(), output });
        }
    }
    Ok(())
}

fn kafka_dumps(kafka: &Kafka, jobs: &[Job]) -> anyhow::Result<()> {
    renew(&kafka.work.join("dump"))?;
    let list = kafka.work.join("dump-jobs");
    fs::write(&list, jobs.iter().map(Job::line).collect::<String>())?;
    eprintln!("Apache Kafka dumps {} times", jobs.len());
    run(kafka.java(512).arg("Dump").arg(&list))
}

/// The flags under which the dumper checks a file.
fn checks(file: &Path) -> Vec<Vec<&'static str>> {
    match kind(file) {
        "log" => vec![vec!["--print-data-log"]],
        "index" | "timeindex" => vec![vec!["--index-sanity-check"], vec!["--verify-index-only"]],
        "snapshot" | "txnindex" => vec![vec![]],
        _ => vec![],
    }
}

/// The flags worth trying on a file of this name in this partition.
fn flags(file: &Path) -> Vec<Vec<&'static str>> {
    let partition = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    match kind(file) {
        "log" => {
            let mut sets = vec![
                vec![],
                vec!["--deep-iteration"],
                vec!["--print-data-log"],
                vec!["--print-data-log", "--skip-record-metadata"],
                vec!["--deep-iteration", "--max-bytes", "5000"],
            ];
            sets.extend(decoders(&partition).iter().map(|decoder| vec![*decoder]));
            if let Some(decoder) = decoders(&partition).first() {
                sets.push(vec![decoder, "--skip-record-metadata"]);
            }
            sets
        }
        "checkpoint" => vec![
            vec![],
            vec!["--cluster-metadata-decoder"],
            vec!["--cluster-metadata-decoder", "--skip-record-metadata"],
            vec!["--deep-iteration", "--max-bytes", "300"],
        ],
        "index" => vec![
            vec![],
            vec!["--index-sanity-check"],
            vec!["--verify-index-only"],
            vec!["--max-message-size", "2000"],
        ],
        // Kafka's dumper fails for want of an offset index, but creates it, and the next time does not.
        "timeindex" if !file.with_extension("index").exists() => vec![],
        "timeindex" => vec![vec![], vec!["--index-sanity-check"], vec!["--verify-index-only"]],
        // The other formats have no flags of their own, and what is no format has to be refused alike.
        _ => vec![vec![]],
    }
}

/// The decoder a topic's records want, and some that they do not.
fn decoders(partition: &str) -> &'static [&'static str] {
    match partition.rsplit_once('-').map_or(partition, |(topic, _)| topic) {
        "__consumer_offsets" => {
            &["--offsets-decoder", "--transaction-log-decoder", "--share-group-state-decoder"]
        }
        "__transaction_state" => &["--transaction-log-decoder", "--offsets-decoder"],
        "__share_group_state" => &["--share-group-state-decoder", "--remote-log-metadata-decoder"],
        "__cluster_metadata" => &["--cluster-metadata-decoder", "--remote-log-metadata-decoder"],
        "shapes" => &["--cluster-metadata-decoder", "--remote-log-metadata-decoder"],
        _ => &[],
    }
}

fn kind(file: &Path) -> &str {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

impl Job {
    fn line(&self) -> String {
        format!("{}\t{}\n", self.output.display(), self.arguments.join("\t"))
    }

    fn kafka_said(&self) -> anyhow::Result<Said> {
        let read = |extension: &str| {
            let path = self.output.with_extension(extension);
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let status =
            String::from_utf8_lossy(&read("exit")?).parse().context("an exit status is no number")?;
        Ok(Said { out: read("out")?, err: read("err")?, status })
    }

    fn ottla_said(&self, ottla: &Path) -> anyhow::Result<Said> {
        let output = Command::new(ottla).arg("dump-log").args(&self.arguments).output();
        let output = output.with_context(|| format!("cannot start {}", ottla.display()))?;
        let status = output.status.code().unwrap_or(-1);
        Ok(Said { out: output.stdout, err: output.stderr, status })
    }

    /// What differs, in words; `None` when nothing does.
    fn difference(&self, ottla: &Path) -> anyhow::Result<Option<String>> {
        let theirs = self.kafka_said()?;
        let ours = self.ottla_said(ottla)?;
        if theirs.status != ours.status {
            return Ok(Some(format!(
                "exit status {} is not {}; ours says {}, Kafka's {}",
                ours.status,
                theirs.status,
                first_line(&ours.err),
                first_line(&theirs.err)
            )));
        }
        if ours.out != theirs.out {
            return Ok(Some(first_difference(&ours.out, &theirs.out)));
        }
        // A trace of Java's stack is nothing to imitate; that something is said at all matters.
        let errors_agree = if theirs.status == 0 { ours.err == theirs.err } else { !ours.err.is_empty() };
        Ok((!errors_agree)
            .then(|| format!("on standard error: {}", first_difference(&ours.err, &theirs.err))))
    }
}

fn differences(jobs: &[Job], ottla: &Path) -> anyhow::Result<BTreeMap<usize, String>> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeMap::new());
    let work = || -> anyhow::Result<()> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return Ok(()) };
            if let Some(difference) = job.difference(ottla)?
                && let Ok(mut found) = found.lock()
            {
                found.insert(index, difference);
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(outcome) => outcome,
            Err(_) => bail!("a worker panicked"),
        })
    })?;
    Ok(found.into_inner().unwrap_or_default())
}

fn report(jobs: &[Job], differences: &BTreeMap<usize, String>) -> anyhow::Result<()> {
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (index, job) in jobs.iter().enumerate() {
        let (all, wrong) = kinds.entry(&job.kind).or_default();
        *all += 1;
        *wrong += usize::from(differences.contains_key(&index));
    }
    let mut summary = String::new();
    for (kind, (all, wrong)) in &kinds {
        let _ = write!(summary, " {kind} {}/{all}", all - wrong);
    }
    println!("dump: equal{summary}");
    if differences.is_empty() {
        return Ok(());
    }
    for (index, difference) in differences.iter().take(SHOWN) {
        println!("dump-log {}\n  {}", jobs[*index].arguments.join(" "), difference.replace('\n', "\n  "));
    }
    bail!("{} of {} dumps differ from Apache Kafka's", differences.len(), jobs.len())
}

fn first_line(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes).lines().next().unwrap_or_default())
}

fn first_difference(ours: &[u8], theirs: &[u8]) -> String {
    let mut ours = ours.split(|byte| *byte == b'\n');
    let mut theirs = theirs.split(|byte| *byte == b'\n');
    let show =
        |line: Option<&[u8]>| line.map_or_else(|| "nothing".into(), |line| line.escape_ascii().to_string());
    for number in 1.. {
        let (our, their) = (ours.next(), theirs.next());
        if our != their {
            return format!("line {number}\nours  {}\nkafka {}", show(our), show(their));
        }
        if our.is_none() {
            break;
        }
    }
    "nothing".to_owned()
}
