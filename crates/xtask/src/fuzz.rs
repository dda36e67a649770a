//! `cargo xtask fuzz`: libFuzzer over the targets of `crates/fuzz`, on the stable compiler.
//!
//! Coverage comes from LLVM's own sancov pass, which stable rustc lets us ask for. The flags must not reach build
//! scripts, whose links lack libFuzzer's hooks; naming the host as `--target` keeps them apart.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use clap::Args;

use crate::shell;

/// Counters per edge, the table of their addresses, and the operands of comparisons for libFuzzer's dictionary.
const RUSTFLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions=on -Coverflow-checks=on";

/// A single allocation above this, a heap above that, and one input that takes longer are findings.
const LIMITS: [&str; 3] = ["-malloc_limit_mb=256", "-rss_limit_mb=1024", "-timeout=5"];

/// Inputs longer than this find little that shorter ones do not, and slow every run down.
const INPUT_BYTES_MAX: &str = "-max_len=65536";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The target; all of them in turn when left out
    target: Option<String>,
    /// How long to fuzz each
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only say which there are
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let fuzzer = Fuzzer::build()?;
    let targets = fuzzer.targets()?;
    if options.list {
        println!("{}", targets.join("\n"));
        return Ok(());
    }
    match &options.target {
        Some(name) if !targets.contains(name) => bail!("no target is called {name}: {}", targets.join(", ")),
        Some(name) => fuzzer.fuzz(name, options.seconds),
        None => targets.iter().try_for_each(|name| fuzzer.fuzz(name, options.seconds)),
    }
}

pub(crate) fn smoke() -> anyhow::Result<()> {
    run(&Options { target: None, seconds: 5, list: false })
}

struct Fuzzer {
    binary: PathBuf,
    corpora: PathBuf,
}

impl Fuzzer {
    fn build() -> anyhow::Result<Self> {
        let host = host()?;
        let target_dir = shell::target_dir().join("fuzz");
        let mut cargo = shell::cargo();
        cargo
            .args(["build", "--locked", "--release", "--package", "ottla-fuzz", "--features", "libfuzzer"])
            .args(["--bin", "ottla-libfuzzer", "--target", &host, "--target-dir"])
            .arg(&target_dir)
            .env("RUSTFLAGS", RUSTFLAGS);
        shell::run(&mut cargo)?;
        let binary = target_dir.join(host).join("release").join("ottla-libfuzzer");
        Ok(Self { binary, corpora: target_dir.join("corpus") })
    }

    fn targets(&self) -> anyhow::Result<Vec<String>> {
        let names = shell::output(Command::new(&self.binary).env("OTTLA_FUZZ_LIST", "1"))?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Fuzzes one target. A finding is kept among the fixtures, where the smoke run replays it ever after.
    fn fuzz(&self, target: &str, seconds: u64) -> anyhow::Result<()> {
        let corpus = self.corpora.join(target);
        fs::create_dir_all(&corpus).with_context(|| format!("cannot create {}", corpus.display()))?;
        shell::run(
            Command::new(&self.binary).env("OTTLA_FUZZ_SEEDS", &corpus).env("OTTLA_FUZZ_TARGET", target),
        )?;
        let fixtures = shell::root().join("crates/fuzz/fixtures").join(target);

        eprintln!("fuzz {target} for {seconds} s");
        let before = files(&fixtures)?;
        fs::create_dir_all(&fixtures).with_context(|| format!("cannot create {}", fixtures.display()))?;
        let mut fuzzer = Command::new(&self.binary);
        fuzzer
            .env("OTTLA_FUZZ_TARGET", target)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", fixtures.display()))
            .args(LIMITS)
            .args([INPUT_BYTES_MAX, "-print_final_stats=1", "-verbosity=0", "-use_value_profile=1"])
            .arg(&corpus);
        if !before.is_empty() {
            fuzzer.arg(&fixtures);
        }
        let outcome = shell::run(&mut fuzzer);
        if files(&fixtures)?.is_empty() {
            fs::remove_dir(&fixtures).with_context(|| format!("cannot remove {}", fixtures.display()))?;
        }
        outcome.with_context(|| {
            format!("target {target}: the input is now among its fixtures, see crates/fuzz/fixtures")
        })
    }
}

fn files(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// The triple of this machine, as rustc names it.
fn host() -> anyhow::Result<String> {
    let version = shell::output(Command::new("rustc").current_dir(shell::root()).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}
