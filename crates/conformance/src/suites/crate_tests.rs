//! Suites that are the integration tests of a crate, as it was published.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use ottla_rival::files::{copy, renew};
use serde_json::Value;

use super::Test;
use super::outcome::{How, Outcome};
use crate::process::log_to;

/// For one test.
const PATIENCE: Duration = Duration::from_secs(120);

/// The tests of a crate, built.
#[derive(Debug)]
pub(super) struct CrateTests {
    source: PathBuf,
    /// By their names.
    programs: BTreeMap<String, PathBuf>,
}

impl CrateTests {
    /// Fetches a crate into `dir`, has `finish` do what it needs besides, and builds its tests.
    pub(super) fn build(
        dir: &Path,
        name: &str,
        version: &str,
        features: &str,
        finish: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let source = dir.join(format!("{name}-{version}"));
        if !source.exists() {
            eprintln!("fetching the tests of {name} {version}");
            let part = source.with_added_extension("part");
            copy(&fetched(dir, name, version)?, &part)?;
            // The workspace that it lies in is none of its business.
            let manifest = part.join("Cargo.toml");
            let text = fs::read_to_string(&manifest)?;
            fs::write(manifest, format!("{text}\n[workspace]\n"))?;
            finish(&part)?;
            fs::rename(&part, &source)?;
        }
        let messages = said(cargo(&source).args([
            "test",
            "--quiet",
            "--no-run",
            "--features",
            features,
            "--message-format",
            "json",
        ]))?;
        Ok(Self { source, programs: programs(&messages)? })
    }

    /// Runs `PROGRAM::TEST` with these environment variables; its words go to a file in `logs`.
    pub(super) fn run(
        &self,
        test: &Test<'_>,
        environment: &[(&str, &str)],
        logs: &Path,
    ) -> anyhow::Result<Outcome> {
        let (program, name) = test.name.split_once("::").context("a test without its program")?;
        let program =
            self.programs.get(program).with_context(|| format!("there are no tests called {program}"))?;
        let mut command = Command::new(program);
        command.args(["--exact", name, "--nocapture"]);
        command.envs(environment.iter().copied()).current_dir(&self.source);
        let log = logs.join(format!("{}.log", test.name.replace("::", "-")));
        let start = Instant::now();
        let status = log_to(command, &log, PATIENCE)?;
        let ran = String::from_utf8_lossy(&fs::read(&log)?).contains("test result: ok. 1 passed");
        let how = match status {
            Some(0) if ran => How::Passed,
            Some(0) => How::Failed("there is no such test".to_owned()),
            Some(status) => How::Failed(format!("it ended with {status}, see {}", log.display())),
            None => How::Failed(format!("it did not end within {PATIENCE:?}, see {}", log.display())),
        };
        Ok(Outcome::new(test.name, start.elapsed(), how))
    }
}

/// Where cargo keeps the source of a crate, once it has fetched it.
fn fetched(dir: &Path, name: &str, version: &str) -> anyhow::Result<PathBuf> {
    let fetch = dir.join("fetch");
    renew(&fetch.join("src"))?;
    fs::write(fetch.join("src/lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"fetch\"\nedition = \"2024\"\n[dependencies]\n{name} = \"={version}\"\n[workspace]\n"
    );
    fs::write(fetch.join("Cargo.toml"), manifest)?;
    let metadata = said(cargo(&fetch).args(["metadata", "--quiet", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.find(|package| package["name"] == name);
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.with_context(|| format!("cargo fetched no {name}"))?;
    Ok(Path::new(manifest).parent().context("a manifest without a folder")?.to_owned())
}

/// The programs of tests among what cargo says that it built, by their names.
fn programs(messages: &str) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let mut programs = BTreeMap::new();
    for message in messages.lines() {
        let message: Value = serde_json::from_str(message)?;
        let mut kinds = message["target"]["kind"].as_array().into_iter().flatten();
        if kinds.any(|kind| kind == "test")
            && let (Some(name), Some(program)) =
                (message["target"]["name"].as_str(), message["executable"].as_str())
        {
            programs.insert(name.to_owned(), PathBuf::from(program));
        }
    }
    Ok(programs)
}

/// Cargo in another workspace, with its own target folder.
pub(super) fn cargo(dir: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(dir).env_remove("CARGO_TARGET_DIR").env("CARGO_INCREMENTAL", "0");
    cargo
}

/// What a command writes to its standard output.
fn said(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_those_of_tests() {
        let said = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"a"},"executable":null}
{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"a"},"executable":"/deps/a-1"}
{"reason":"compiler-artifact","target":{"kind":["test"],"name":"client"},"executable":"/deps/client-2"}
{"reason":"build-finished","success":true}"#;
        let expected = BTreeMap::from([("client".to_owned(), PathBuf::from("/deps/client-2"))]);
        assert_eq!(programs(said).unwrap(), expected);
        assert!(programs("no message").is_err());
    }
}
