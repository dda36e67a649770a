//! The language of scripts: each step goes to both nodes, and whatever comes back is compared.
//!
//! A request is JSON that says only what matters. In its texts `@` stands for a suffix that no other script has, so that
//! `t@` is a topic of this one alone; a text `$name` stands for what was kept under that name from the node's own
//! answers, so that both nodes get the same bytes but for the ids that they drew themselves.

mod steps;
mod substitute;

use std::collections::{BTreeMap, VecDeque};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use ottla_wire::Versions;
use ottla_wire::api::ApiKey;
use serde_json::Value;

pub(crate) use steps::produce_body;

use crate::answer::{self, Answer};
use crate::compare::{self, Difference};
use crate::connection::{Connection, Received};
use crate::duo::Duo;
use crate::normalise::{Normaliser, now_ms};
use crate::peer::Peer;
use crate::report::Finding;
use crate::request;

/// How long a node may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a state that takes time may take to come.
const UNTIL: Duration = Duration::from_secs(20);

/// How long between two looks at it.
const LOOK: Duration = Duration::from_millis(5);

/// What plays share: the nodes, the witness, and how to go about it.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) duo: Duo<'a>,
    pub(crate) peer: Peer,
    /// Compare what texts for people say, too.
    pub(crate) with_texts: bool,
    /// Print every request and answer.
    pub(crate) trace: bool,
    /// Requests whose bytes were the same for both nodes, to be altered later.
    pub(crate) samples: Vec<Sample>,
    /// Requests that were answered or refused by both.
    pub(crate) requests: u64,
}

/// A request as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
    /// The body alone.
    pub(crate) body: Bytes,
}

/// The most samples of one API and version.
const SAMPLES_MAX: usize = 12;

/// A request that is not answered yet.
#[derive(Debug, Clone, Copy)]
struct Asked {
    api: ApiKey,
    version: i16,
    correlation: i32,
}

/// Connections to both nodes.
#[derive(Debug)]
struct Line {
    ends: [Connection; 2],
    asked: VecDeque<Asked>,
}

/// One script at one version.
#[derive(Debug)]
pub(crate) struct Play<'a, 'b> {
    stage: &'a mut Stage<'b>,
    script: &'static str,
    walked: (ApiKey, i16),
    /// What `@` stands for.
    suffix: String,
    number: usize,
    line: &'static str,
    lines: BTreeMap<&'static str, Line>,
    kept: [BTreeMap<String, Value>; 2],
    correlation: i32,
    pub(crate) patience: Duration,
    pub(crate) findings: Vec<Finding>,
}

impl<'a, 'b> Play<'a, 'b> {
    pub(crate) fn new(
        stage: &'a mut Stage<'b>,
        script: &'static str,
        walked: (ApiKey, i16),
        number: usize,
    ) -> Self {
        Self {
            stage,
            script,
            walked,
            suffix: format!("-{number}"),
            number,
            line: "first",
            lines: BTreeMap::new(),
            kept: Default::default(),
            correlation: 0,
            patience: PATIENCE,
            findings: Vec::new(),
        }
    }

    /// The API whose versions the script is played at.
    pub(crate) fn walked(&self) -> (ApiKey, i16) {
        self.walked
    }

    /// The id of a producer that no other script has: nodes check the sequences of any.
    pub(crate) fn producer_id(&self) -> i64 {
        1_000_000 + self.number as i64
    }

    /// The version at which requests of this API are sent: the script's, or the last that both offer.
    pub(crate) fn version(&self, api: ApiKey) -> anyhow::Result<i16> {
        let (walked, version) = self.walked;
        if api == walked {
            return Ok(version);
        }
        let versions: Option<Versions> = self.stage.duo.versions(api);
        Ok(versions.with_context(|| format!("{api} is not offered by both"))?.last)
    }

    /// Speaks on another connection from here on.
    pub(crate) fn on(&mut self, line: &'static str) -> &mut Self {
        self.line = line;
        self
    }

    /// Asks both and compares their answers.
    pub(crate) fn ask(&mut self, api: ApiKey, body: Value) -> anyhow::Result<[Answer; 2]> {
        let version = self.version(api)?;
        self.ask_at(api, version, body)
    }

    pub(crate) fn ask_at(&mut self, api: ApiKey, version: i16, body: Value) -> anyhow::Result<[Answer; 2]> {
        self.send_at(api, version, body)?;
        self.receive()
    }

    /// Asks, and leaves the answer for [`Play::receive`].
    pub(crate) fn send(&mut self, api: ApiKey, body: Value) -> anyhow::Result<()> {
        let version = self.version(api)?;
        self.send_at(api, version, body)
    }

    fn send_at(&mut self, api: ApiKey, version: i16, body: Value) -> anyhow::Result<()> {
        self.correlation += 1;
        let mut frames = Vec::new();
        for kept in &self.kept {
            let body = substitute::substitute(&body, &self.suffix, kept)?;
            if self.stage.trace && frames.is_empty() {
                eprintln!("  {api} v{version} {body}");
            }
            frames.push(request::encode(api, version, self.correlation, &body)?);
        }
        self.keep_sample(api, version, &frames)?;
        let [kafka, other] = [frames.swap_remove(0), frames.swap_remove(0)];
        self.send_frames(api, version, [&kafka, &other])
    }

    fn keep_sample(&mut self, api: ApiKey, version: i16, frames: &[Bytes]) -> anyhow::Result<()> {
        let alike = |sample: &&Sample| sample.api == api && sample.version == version;
        let samples = &mut self.stage.samples;
        if frames[0] == frames[1] && samples.iter().filter(alike).count() < SAMPLES_MAX {
            let header = request::header(api.number(), version, 0, api.request_header_version(version))?;
            samples.push(Sample { api, version, body: frames[0].slice(header.len()..) });
        }
        Ok(())
    }

    /// Sends a body that need not be one behind a header that is right.
    pub(crate) fn ask_bytes(
        &mut self,
        api: ApiKey,
        version: i16,
        body: &[u8],
    ) -> anyhow::Result<[Answer; 2]> {
        self.correlation += 1;
        let header_version = api.request_header_version(version);
        let mut frame = request::header(api.number(), version, self.correlation, header_version)?;
        frame.extend_from_slice(body);
        self.ask_frame(api, version, &frame)
    }

    /// Sends a frame that need not be a request; an answer is read as one of `api` and `version`.
    pub(crate) fn ask_frame(
        &mut self,
        api: ApiKey,
        version: i16,
        frame: &[u8],
    ) -> anyhow::Result<[Answer; 2]> {
        self.send_frames(api, version, [frame, frame])?;
        self.receive()
    }

    /// The number that the next frame should bear.
    pub(crate) fn next_correlation(&mut self) -> i32 {
        self.correlation += 1;
        self.correlation
    }

    fn send_frames(&mut self, api: ApiKey, version: i16, frames: [&[u8]; 2]) -> anyhow::Result<()> {
        if self.stage.trace {
            let hex: String = frames[0].iter().take(400).map(|byte| format!("{byte:02x}")).collect();
            eprintln!("    {} bytes: {hex}", frames[0].len());
        }
        let asked = Asked { api, version, correlation: self.correlation };
        let line = self.line()?;
        for (end, frame) in line.ends.iter_mut().zip(frames) {
            end.send_frame(frame);
        }
        line.asked.push_back(asked);
        Ok(())
    }

    /// Sends bytes that no length stands before; what comes back must be alike.
    pub(crate) fn ask_raw(&mut self, bytes: &[u8]) -> anyhow::Result<[Answer; 2]> {
        let asked = Asked { api: self.walked.0, version: self.walked.1, correlation: self.correlation };
        let line = self.line()?;
        line.ends.iter_mut().for_each(|end| end.send(bytes));
        line.asked.push_back(asked);
        self.receive()
    }

    /// Drops a question to which no answer is due.
    pub(crate) fn expect_nothing(&mut self) -> anyhow::Result<()> {
        self.line()?.asked.pop_back();
        Ok(())
    }

    fn line(&mut self) -> anyhow::Result<&mut Line> {
        if !self.lines.contains_key(self.line) {
            let [kafka, other] = &self.stage.duo.sides;
            let ends = [Connection::open(kafka.port())?, Connection::open(other.port())?];
            self.lines.insert(self.line, Line { ends, asked: VecDeque::new() });
        }
        self.lines.get_mut(self.line).context("no such connection")
    }

    /// The answers to the oldest question that is not answered, compared.
    pub(crate) fn receive(&mut self) -> anyhow::Result<[Answer; 2]> {
        let (asked, received) = self.take()?;
        self.stage.requests += 1;
        let answers = received
            .each_ref()
            .map(|received| Answer::read(received, asked.api, asked.version, asked.correlation));
        self.show(&answers);
        self.compare(asked, &answers);
        self.ask_witness(asked, &received)?;
        Ok(answers)
    }

    fn take(&mut self) -> anyhow::Result<(Asked, [Received; 2])> {
        let patience = self.patience;
        let line = self.line()?;
        let asked = line.asked.pop_front().context("nothing was asked")?;
        let [kafka, other] = &mut line.ends;
        let received = [kafka.receive(patience)?, other.receive(patience)?];
        if received.iter().any(|received| !matches!(received, Received::Frame(_))) {
            self.lines.remove(self.line);
        }
        Ok((asked, received))
    }

    fn show(&self, answers: &[Answer; 2]) {
        if self.stage.trace {
            let [kafka, other] = answers;
            eprintln!("    kafka: {kafka}");
            if kafka != other {
                eprintln!("    other: {other}");
            }
        }
    }

    fn compare(&mut self, asked: Asked, answers: &[Answer; 2]) {
        let [kafka, other] = self.normalised(asked.api, answers);
        for difference in compare::answers(&kafka, &other) {
            if self.stage.trace {
                let Difference { path, kafka, other } = &difference;
                eprintln!("    differs at {path}: kafka {kafka}, other {other}");
            }
            self.find(asked, difference);
        }
    }

    fn normalised(&self, api: ApiKey, answers: &[Answer; 2]) -> [Answer; 2] {
        let now_ms = now_ms();
        let mut answers = answers.clone();
        for ((answer, side), kept) in answers.iter_mut().zip(&self.stage.duo.sides).zip(&self.kept) {
            if let Answer::Body(body) = answer {
                let with_texts = self.stage.with_texts;
                Normaliser { own: &side.own, api, kept, now_ms, with_texts }.apply(body);
            }
        }
        answers
    }

    /// What one node says must be a message to another codec, too.
    fn ask_witness(&mut self, asked: Asked, received: &[Received; 2]) -> anyhow::Result<()> {
        let Asked { api, version, correlation } = asked;
        let Some(schema) = api.api().map(|api| api.response) else { return Ok(()) };
        let mut objections = Vec::new();
        for received in received {
            let objection = match received {
                Received::Frame(frame) => match answer::body(frame.clone(), api, version, correlation) {
                    Ok((version, body)) => self.stage.peer.objects(schema, version, &body)?,
                    Err(_) => None,
                },
                _ => None,
            };
            objections.push(objection);
        }
        if objections[0].is_some() != objections[1].is_some() {
            let [kafka, other] = [0, 1].map(|side| objections[side].clone().unwrap_or_default());
            self.find(asked, Difference::new("another codec", kafka, other));
        }
        Ok(())
    }

    fn find(&mut self, asked: Asked, difference: Difference) {
        let Asked { api, version, .. } = asked;
        self.findings.push(Finding { script: self.script, played_at: self.walked, api, version, difference });
    }

    /// Keeps a field of each node's own answer under a name.
    pub(crate) fn keep(&mut self, name: &str, answers: &[Answer; 2], pointer: &str) -> anyhow::Result<()> {
        for (kept, answer) in self.kept.iter_mut().zip(answers) {
            let value = answer.field(pointer);
            ensure!(!value.is_null(), "{pointer} is not in {answer}");
            kept.insert(name.to_owned(), value.clone());
        }
        Ok(())
    }

    /// Asks each node until a field of its answer is `value`, then compares the answers.
    pub(crate) fn until(
        &mut self,
        api: ApiKey,
        body: Value,
        pointer: &str,
        value: &Value,
    ) -> anyhow::Result<[Answer; 2]> {
        let end = Instant::now() + UNTIL;
        let version = self.version(api)?;
        loop {
            self.send_at(api, version, body.clone())?;
            let (asked, received) = self.take()?;
            let answers =
                received.each_ref().map(|received| Answer::read(received, api, version, asked.correlation));
            if answers.iter().all(|answer| answer.field(pointer) == value) {
                self.compare(asked, &answers);
                return Ok(answers);
            }
            if Instant::now() > end {
                self.show(&answers);
                self.compare(asked, &answers);
                anyhow::bail!("{pointer} of {api} did not become {value}");
            }
            thread::sleep(LOOK);
        }
    }
}
