//! Kafka's command line tools, typed as in the transcripts: Apache Kafka's against the node, and ottla's.

use std::fs;
use std::path::PathBuf;

use anyhow::ensure;
use ottla_rival::Whose;

use super::Scenario;
use crate::bed::Bed;
use crate::process::{PATIENCE, Said, talk};
use crate::report::Report;
use crate::toolbox::Toolbox;
use crate::transcript::{self, Exchange};

pub(super) const APACHE: Scenario = Scenario {
    name: "tools",
    about: "Apache Kafka's own tools say what they say of Apache Kafka",
    is_of_our_tools: false,
    run: |bed, report| type_all(bed, report, Whose::Kafka),
};

pub(super) const OWN: Scenario = Scenario {
    name: "own-tools",
    about: "ottla's tools say what Apache Kafka's say",
    is_of_our_tools: true,
    run: |bed, report| type_all(bed, report, Whose::Ottla),
};

fn type_all(bed: &Bed, report: &mut Report, whose: Whose) -> anyhow::Result<()> {
    let mut tool = tool_of(bed, whose)?;
    for path in transcripts()? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let exchanges = transcript::parse(&fs::read_to_string(&path)?)?;
        let node = bed.fresh(&format!("tools-{name}"))?;
        let mut said = Vec::with_capacity(exchanges.len());
        for exchange in &exchanges {
            report.check(&format!("{name}: {}", shortened(&exchange.command)), || {
                let answered = exchange.ask(&node, &mut tool)?;
                said.push(answered.clone());
                let expected = match bed.subject {
                    Whose::Kafka => exchange.clone(),
                    Whose::Ottla => exchange.clone().of_our_node(),
                };
                match whose {
                    _ if bed.record => Ok(()),
                    Whose::Kafka => answered.must_be(&expected),
                    Whose::Ottla => answered.in_own_words()?.must_be(&expected.in_own_words()?),
                }
            });
        }
        if bed.record && whose == Whose::Kafka {
            record(&path, &said)?;
        }
    }
    Ok(())
}

/// Runs a tool by name, with arguments and input.
type Tool<'a> = Box<dyn FnMut(&str, &[String], &str) -> anyhow::Result<Said> + 'a>;

fn tool_of(bed: &Bed, whose: Whose) -> anyhow::Result<Tool<'_>> {
    if whose == Whose::Kafka {
        let mut toolbox = Toolbox::open(bed)?;
        return Ok(Box::new(move |name, arguments, input| toolbox.run(name, arguments, input)));
    }
    let ottla = &bed.pair.ottla;
    ensure!(ottla.exists(), "there is no binary {}", ottla.display());
    Ok(Box::new(move |name, arguments, input| {
        let mut tool = bed.tool(whose, name)?;
        tool.args(arguments);
        talk(tool, input, PATIENCE)
    }))
}

fn record(path: &PathBuf, said: &[Exchange]) -> anyhow::Result<()> {
    Ok(fs::write(path, transcript::print(said))?)
}

fn transcripts() -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(transcript::folder())? {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

/// What every command says is left out.
fn shortened(command: &str) -> String {
    command.replace(" --bootstrap-server NODE", "")
}
