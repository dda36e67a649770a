//! What was typed and what a tool answered, as text files that Apache Kafka's own tools have written.
//!
//! A line begins with what it is: `# ` a remark, `@ NAME TEXT` a file that the next command reads, `< ` a line of its input,
//! `$ ` a command (`$~ ` one whose numbers vary, `$= ` one whose lines
//! come in any order and are written down sorted), `| ` a line of its output, `! ` a line of its errors, `? ` an
//! exit status that is not 0. Tabs and spaces at the end of a line are written `\t` and `\s`. `NODE`, `DIR` and `DATA` in a
//! command stand for where the node listens, for its folder and for its log directory.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use ottla_rival::Node;
use regex::Regex;

use crate::gaps;
use crate::process::Said;

/// A command and its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Exchange {
    remarks: Vec<String>,
    files: Vec<(String, String)>,
    input: Vec<String>,
    pub(crate) command: String,
    varies: Varies,
    answer: Answer,
}

/// What of an answer is everyone's own affair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Varies {
    #[default]
    Nothing,
    Numbers,
    Order,
}

impl Varies {
    const ALL: [(&'static str, Self); 3] = [("$", Self::Nothing), ("$~", Self::Numbers), ("$=", Self::Order)];

    fn of_mark(mark: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == mark).map(|(_, varies)| *varies)
    }

    fn mark(self) -> &'static str {
        Self::ALL.iter().find(|(_, varies)| *varies == self).map_or("$", |(mark, _)| mark)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Answer {
    stdout: Vec<String>,
    stderr: Vec<String>,
    status: i32,
}

pub(crate) fn parse(text: &str) -> anyhow::Result<Vec<Exchange>> {
    let mut exchanges = Vec::new();
    let mut next = Exchange::default();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        if matches!(kind, "#" | "@" | "<" | "$" | "$~" | "$=") && !next.command.is_empty() {
            exchanges.push(std::mem::take(&mut next));
        }
        match kind {
            "#" => next.remarks.push(rest.to_owned()),
            "@" => {
                let (name, text) =
                    rest.split_once(' ').with_context(|| format!("a file without text: {line}"))?;
                next.files.push((name.to_owned(), text.to_owned()));
            }
            "<" => next.input.push(unescape(rest)),
            "|" => next.answer.stdout.push(rest.to_owned()),
            "!" => next.answer.stderr.push(rest.to_owned()),
            "?" => next.answer.status = rest.parse().with_context(|| format!("no exit status: {line}"))?,
            mark if let Some(varies) = Varies::of_mark(mark) => {
                next.command = rest.to_owned();
                next.varies = varies;
            }
            _ => bail!("a line of a transcript begins with what it is, unlike {line}"),
        }
    }
    ensure!(!next.command.is_empty(), "the transcript ends without a command");
    exchanges.push(next);
    Ok(exchanges)
}

pub(crate) fn print(exchanges: &[Exchange]) -> String {
    let mut lines = Vec::new();
    for exchange in exchanges {
        lines.extend(exchange.remarks.iter().map(|remark| format!("# {remark}")));
        lines.extend(exchange.files.iter().map(|(name, text)| format!("@ {name} {text}")));
        lines.extend(exchange.input.iter().map(|line| format!("< {}", escape(line))));
        lines.push(format!("{} {}", exchange.varies.mark(), exchange.command));
        lines.extend(exchange.answer.lines());
        lines.push(String::new());
    }
    lines.pop();
    lines.join("\n") + "\n"
}

impl Exchange {
    /// Types the command into a tool, for this node.
    pub(crate) fn ask(
        &self,
        node: &Node<'_>,
        tool: impl FnOnce(&str, &[String], &str) -> anyhow::Result<Said>,
    ) -> anyhow::Result<Self> {
        for (name, text) in &self.files {
            fs::write(node.dir().join(name), text)?;
        }
        let words = words(&self.command, node);
        let (name, arguments) = words.split_first().context("a command has a tool")?;
        let input: String = self.input.iter().map(|line| format!("{line}\n")).collect();
        let said = tool(name, arguments, &input)?;
        Ok(Self { answer: Answer::of(&said, node, self.varies)?, ..self.clone() })
    }

    /// An error that shows the first lines in which this answer is not what it is in `expected`. Errors may hold more lines:
    /// what Kafka's tools log, others say.
    pub(crate) fn must_be(&self, expected: &Self) -> anyhow::Result<()> {
        let (got, wanted) = (&self.answer, &expected.answer);
        let mut said = got.stderr.iter();
        let all_said = wanted.stderr.iter().all(|line| said.any(|said| said == line));
        if got.stdout == wanted.stdout && got.status == wanted.status && all_said {
            return Ok(());
        }
        let (got, wanted) = (got.lines(), wanted.lines());
        let same = got.iter().zip(&wanted).take_while(|(got, wanted)| got == wanted).count();
        let show = |lines: &[String]| {
            lines.iter().skip(same).take(6).map(|line| format!("\n    {line}")).collect::<String>()
        };
        bail!("after {same} equal lines\n  expected:{}\n  got:{}", show(&wanted), show(&got))
    }

    /// The same of a node of ours, which does not serve every API yet.
    pub(crate) fn of_our_node(mut self) -> Self {
        if self.command.starts_with("broker-api-versions ") {
            for line in &mut self.answer.stdout {
                *line = gaps::api_line(line);
            }
        }
        self
    }

    /// The same with other words behind the names of exceptions: the names are Kafka's, the words everyone's own.
    pub(crate) fn in_own_words(mut self) -> anyhow::Result<Self> {
        let words = Regex::new(r"(org\.apache\.kafka\.common\.errors\.\w+): .*")?;
        for line in &mut self.answer.stdout {
            *line = words.replace(line, "$1: ...").into_owned();
        }
        Ok(self)
    }
}

impl Answer {
    fn of(said: &Said, node: &Node<'_>, varies: Varies) -> anyhow::Result<Self> {
        let normal = Normal::of(node, varies == Varies::Numbers)?;
        let lines = |text: &str| text.lines().map(|line| escape(&normal.line(line))).collect::<Vec<_>>();
        let mut stderr = lines(&said.stderr);
        // From there on it is usage, in words that are everyone's own.
        let usage = stderr.iter().position(|line| line.starts_with("Option ") || line.starts_with("usage:"));
        stderr.truncate(usage.unwrap_or(stderr.len()));
        stderr.retain(|line| !is_logged(line));
        while stderr.last().is_some_and(String::is_empty) {
            stderr.pop();
        }
        let mut stdout = lines(&said.stdout);
        if varies == Varies::Order {
            stdout.sort();
        }
        Ok(Self { stdout, stderr, status: said.status.unwrap_or(-1) })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.stdout.iter().map(|line| format!("| {line}").trim_end().to_owned()).collect();
        lines.extend(self.stderr.iter().map(|line| format!("! {line}").trim_end().to_owned()));
        if self.status != 0 {
            lines.push(format!("? {}", self.status));
        }
        lines
    }
}

/// A line of a log or of a stack trace, which is no word to the user.
fn is_logged(line: &str) -> bool {
    const STARTS: &[&str] = &[
        "[DATE]",
        "\\tat ",
        "\\t... ",
        " (org.apache.",
        "Caused by:",
        "java.",
        "joptsimple.",
        "org.apache.",
        "The consumer rebalance protocol (KIP-848) ",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

/// What differs from run to run, made equal, where it stands in columns without changing its width.
struct Normal {
    rules: Vec<(Regex, String)>,
}

impl Normal {
    fn of(node: &Node<'_>, numbers_vary: bool) -> anyhow::Result<Self> {
        let mut rules = vec![
            (regex::escape(&node.data().display().to_string()), "DATA".to_owned()),
            (regex::escape(&node.dir().display().to_string()), "DIR".to_owned()),
            (format!(r"\b{}\b", node.port()), "PORT0".to_owned()),
            (format!(r"\b{}\b", node.controller_port()), "PORT1".to_owned()),
            (
                r"(TopicId: |topicId=|DirectoryId: |directoryId\W+)[\w-]{22}".to_owned(),
                "${1}______________________".to_owned(),
            ),
            (
                r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b".to_owned(),
                "________-____-____-____-____________".to_owned(),
            ),
            (r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d[,.:]\d+\b".to_owned(), "DATE".to_owned()),
            (r"\b1[6-9]\d{11}\b".to_owned(), "_____________".to_owned()),
        ];
        rules.push((r"Epoch: \d+$".to_owned(), "Epoch: N".to_owned()));
        if numbers_vary {
            rules.push((r"\t[\w-]{22}\t".to_owned(), "\t______________________\t".to_owned()));
            rules.push((r"-?\b\d+(\.\d+)?\b|\bNaN\b".to_owned(), "N".to_owned()));
        }
        let rules = rules.into_iter().map(|(pattern, text)| Ok((Regex::new(&pattern)?, text)));
        Ok(Self { rules: rules.collect::<anyhow::Result<_>>()? })
    }

    fn line(&self, line: &str) -> String {
        let replace = |line: String, (pattern, text): &(Regex, String)| {
            pattern.replace_all(&line, text.as_str()).into_owned()
        };
        self.rules.iter().fold(line.to_owned(), replace)
    }
}

/// A command's words; single quotes hold one together.
fn words(command: &str, node: &Node<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    let (dir, data) = (node.dir().display().to_string(), node.data().display().to_string());
    for word in &mut words {
        *word = word.replace("NODE", &node.bootstrap()).replace("DIR", &dir).replace("DATA", &data);
    }
    words
}

fn escape(line: &str) -> String {
    let text = line.trim_end_matches(' ');
    text.replace('\\', "\\\\").replace('\t', "\\t") + &"\\s".repeat(line.len() - text.len())
}

fn unescape(line: &str) -> String {
    line.replace("\\t", "\t").replace("\\s", " ").replace("\\\\", "\\")
}

/// Where the transcripts are.
pub(crate) fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/transcripts"))
}

#[cfg(test)]
mod tests {
    use super::{escape, folder, parse, print, unescape};

    #[test]
    fn every_transcript_prints_as_it_was_read() {
        for entry in std::fs::read_dir(folder()).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(print(&parse(&text).unwrap()), text, "{}", path.display());
        }
    }

    #[test]
    fn tabs_and_trailing_spaces_survive() {
        for line in ["a\tb ", "  ", "\t", "plain"] {
            assert_eq!(unescape(&escape(line)), line);
            assert!(!escape(line).contains('\t') && !escape(line).ends_with(' '));
        }
    }

    #[test]
    fn a_line_of_no_kind_is_refused() {
        assert!(parse("topics --list\n").is_err());
        assert!(parse("# only a remark\n").is_err());
    }
}
