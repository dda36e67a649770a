//! A whole run: nodes, scripts, what follows from definitions, what is drawn; and the verdict.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use ottla_rival::{Pair, Whose};
use ottla_wire::api::{APIS, ApiKey};

use crate::Options;
use crate::cases::{self, Script, drawn};
use crate::compare::Difference;
use crate::duo::{Duo, Side};
use crate::explained::{EXPLAINED, Explained};
use crate::peer::Peer;
use crate::play::{Play, Stage};
use crate::report::{Finding, Report};

/// Requests that are drawn when nobody says how many.
const CASES: [u64; 2] = [2000, 300];

/// A script that takes longer is named, as it makes the whole slow.
const SLOW: Duration = Duration::from_secs(2);

/// Runs what `options` ask for; whether nothing differs but what is explained.
pub(crate) fn run(options: &Options, pair: &Pair, peer: &Path) -> anyhow::Result<bool> {
    for name in &options.only {
        let known = APIS.iter().any(|api| api.key.name() == name);
        ensure!(known, "no API is called {name}; Kafka's names are meant, as Fetch or ListOffsets");
    }
    let start = Instant::now();
    let sides = [
        Side::start(pair, Whose::Kafka, "kafka")?,
        Side::start(pair, options.against, &format!("beside-{}", options.against))?,
    ];
    let stage = Stage {
        duo: Duo { sides },
        peer: Peer::start(peer)?,
        with_texts: options.texts,
        trace: options.trace,
        samples: Vec::new(),
        requests: 0,
    };
    let mut run = Run { options, stage, report: Report::talkative(), plays: 0 };
    let outcome = run.all();
    run.print(start);
    outcome?;
    Ok(run.report.unexplained() == 0 && (options.is_partial() || run.gone().is_empty()))
}

impl Options {
    /// Whether so much is left out that nothing follows from what did not appear.
    fn is_partial(&self) -> bool {
        let all = self.only.is_empty() && self.script.is_none() && self.version.is_none();
        !all || self.quick || self.texts || self.against == Whose::Kafka
    }

    /// Differences that are meant between us and Apache Kafka; between two of Apache Kafka none is.
    fn table(&self) -> &'static [Explained] {
        match self.against {
            Whose::Ottla => EXPLAINED,
            Whose::Kafka => &[],
        }
    }

    fn wants(&self, api: ApiKey) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| api.name() == name)
    }
}

struct Run<'a, 'b> {
    options: &'a Options,
    stage: Stage<'b>,
    report: Report,
    plays: usize,
}

impl Run<'_, '_> {
    fn all(&mut self) -> anyhow::Result<()> {
        let version = self.stage.duo.versions(ApiKey::Metadata).context("no Metadata is offered")?.last;
        Play::new(&mut self.stage, "warming up", (ApiKey::Metadata, version), 0).warm_up()?;
        for script in cases::all() {
            let named = self.options.script.as_ref().is_none_or(|part| script.name.contains(part.as_str()));
            if named && self.options.wants(script.walks) {
                self.script(script)?;
            }
        }
        self.drawn()
    }

    /// Plays a script at every version that both offer; in a quick run at the first, the last and those between where the
    /// encoding changes.
    fn script(&mut self, script: &'static Script) -> anyhow::Result<()> {
        let Some(versions) = self.stage.duo.versions(script.walks) else { return Ok(()) };
        let flexible = script.walks.api().map_or(0, |api| api.request.flexible.first);
        for version in versions.iter() {
            let is_edge = [versions.first, flexible, versions.last].contains(&version);
            let is_wanted = self.options.version.is_none_or(|only| only == version);
            if is_wanted && (is_edge || !(self.options.quick || script.at_edges)) {
                self.play(script, version)?;
            }
        }
        Ok(())
    }

    fn play(&mut self, script: &'static Script, version: i16) -> anyhow::Result<()> {
        self.plays += 1;
        if self.options.trace {
            eprintln!("{} ({} v{version})", script.name, script.walks);
        }
        let start = Instant::now();
        let mut play = Play::new(&mut self.stage, script.name, (script.walks, version), self.plays);
        let outcome = (script.run)(&mut play);
        let findings = play.findings;
        if start.elapsed() > SLOW {
            let seconds = start.elapsed().as_secs_f64();
            eprintln!("{} ({} v{version}) took {seconds:.1} s", script.name, script.walks);
        }
        if let Err(error) = &outcome {
            // Where both end alike, the script is wrong.
            let difference = Difference::new("to its end", "", format!("{error:#}"));
            let played_at = (script.walks, version);
            let ended = Finding { script: script.name, played_at, api: script.walks, version, difference };
            self.report.take(self.options.table(), vec![ended]);
        }
        self.report.take(self.options.table(), findings);
        self.stage.duo.must_run().with_context(|| format!("after {} v{version}", script.name))
    }

    fn drawn(&mut self) -> anyhow::Result<()> {
        if self.options.script.is_some() {
            return Ok(());
        }
        let cases = self.options.cases.unwrap_or_else(|| CASES[usize::from(self.options.quick)]);
        let wanted: Vec<ApiKey> =
            APIS.iter().map(|api| api.key).filter(|api| self.options.wants(*api)).collect();
        for case in 0..cases {
            self.plays += 1;
            let findings = drawn::play(&mut self.stage, &wanted, self.options.seed, case, self.plays)?;
            self.report.take(self.options.table(), findings);
            let seed = self.options.seed;
            self.stage.duo.must_run().with_context(|| format!("after case {case} of seed {seed}"))?;
        }
        Ok(())
    }

    fn gone(&self) -> Vec<&'static Explained> {
        self.report.gone(self.options.table())
    }

    fn print(&self, start: Instant) {
        println!("{}", self.report.print());
        if !self.options.is_partial() {
            for gone in self.gone() {
                println!("explained, but gone: {} {} ({})", gone.api, gone.path, gone.why);
            }
        }
        let Stage { requests, peer, .. } = &self.stage;
        println!(
            "{} plays, {requests} requests, {} kinds of differences, {} explained findings; another codec read {} \
             answers and did not know {}; {:.1} s",
            self.plays,
            self.report.unexplained(),
            self.report.explained(),
            peer.read,
            peer.unknown,
            start.elapsed().as_secs_f64(),
        );
    }
}
