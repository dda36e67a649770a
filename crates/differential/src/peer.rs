//! Another codec as a witness: what it does not read and write back as the same bytes is no message of Kafka's.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context;
use ottla_wire::schema::Schema;

/// How many answers we remember that it has seen.
const SEEN_MAX: usize = 200_000;

#[derive(Debug)]
pub(crate) struct Peer {
    binary: PathBuf,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    seen: HashSet<(&'static str, i16, Vec<u8>)>,
    /// Messages that it read.
    pub(crate) read: u64,
    /// Messages or versions that it does not know.
    pub(crate) unknown: u64,
}

impl Peer {
    pub(crate) fn start(binary: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new(binary)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let questions = process.stdin.take().context("no pipe to the other codec")?;
        let answers = BufReader::new(process.stdout.take().context("no pipe from the other codec")?);
        let binary = binary.to_owned();
        Ok(Self { binary, process, questions, answers, seen: HashSet::new(), read: 0, unknown: 0 })
    }

    /// Why these bytes are not the message, as the other codec sees it.
    pub(crate) fn objects(
        &mut self,
        schema: &'static Schema,
        version: i16,
        bytes: &[u8],
    ) -> anyhow::Result<Option<String>> {
        // A slip of the other codec: a field called so is taken for the version of the fields behind it.
        if schema.root.fields.iter().any(|field| field.name == "version") {
            return Ok(None);
        }
        if self.seen.len() < SEEN_MAX && !self.seen.insert((schema.name, version, bytes.to_vec())) {
            return Ok(None);
        }
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut answer = String::new();
        let asked = writeln!(self.questions, "{} {version} {hex}", schema.name);
        if asked.is_err() || self.answers.read_line(&mut answer).unwrap_or(0) == 0 {
            let mut dead = std::mem::replace(self, Self::start(&self.binary)?);
            (self.read, self.unknown) = (dead.read, dead.unknown);
            self.seen = std::mem::take(&mut dead.seen);
            return Ok(Some("the other codec dies of it".to_owned()));
        }
        let answer = answer.trim_end();
        match answer.strip_prefix('=') {
            Some(same) if same == hex => self.read += 1,
            Some(other) => return Ok(Some(format!("the other codec writes back {other}"))),
            None if answer == "?" => self.unknown += 1,
            None => return Ok(Some(format!("the other codec: {}", answer.trim_start_matches('!')))),
        }
        Ok(None)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have died already, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
