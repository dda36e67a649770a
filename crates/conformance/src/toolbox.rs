//! Apache Kafka's tools in one virtual machine, so that a hundred commands do not start a hundred.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ottla_rival::class_of;

use crate::bed::Bed;
use crate::process::Said;

#[derive(Debug)]
pub(crate) struct Toolbox {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Toolbox {
    pub(crate) fn open(bed: &Bed) -> anyhow::Result<Self> {
        let mut java: Command = bed.java("Tools");
        java.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = java.spawn().context("cannot start java")?;
        let requests = child.stdin.take().context("no standard input")?;
        let answers = BufReader::new(child.stdout.take().context("no standard output")?);
        Ok(Self { child, requests, answers })
    }

    /// Runs a tool by the middle of its script's name.
    pub(crate) fn run(&mut self, tool: &str, arguments: &[String], input: &str) -> anyhow::Result<Said> {
        let class = class_of(tool)?;
        let mut request = STANDARD.encode(class);
        for word in arguments.iter().map(String::as_str).chain([input]) {
            request.push(' ');
            request.push_str(&STANDARD.encode(word));
        }
        writeln!(self.requests, "{request}").context("the virtual machine of the tools has ended")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let parts: Vec<&str> = answer.trim_end_matches('\n').split(' ').collect();
        ensure!(parts.len() == 3, "the virtual machine of the tools answered {answer:?}");
        Ok(Said {
            command: format!("{tool} {}", arguments.join(" ")),
            status: Some(parts[0].parse()?),
            stdout: text(parts[1])?,
            stderr: text(parts[2])?,
        })
    }
}

impl Drop for Toolbox {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(base64: &str) -> anyhow::Result<String> {
    let bytes = STANDARD.decode(base64).context("an answer that is not base64")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
