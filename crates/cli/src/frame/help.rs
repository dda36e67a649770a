//! The help, derived from the table of tools and their options.

use std::io::{self, Write};

use super::options::{Argument, HELP, OptionSpec, VERSION};
use super::tool::Tool;

const LINE_WIDTH: usize = 80;
const GAP: usize = 2;

/// The release of Kafka whose tools ours stand in for.
pub(super) const KAFKA_VERSION: &str = "4.3.1";
pub(super) const OTTLA_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What `ottla` alone can do.
pub(super) fn write_overview(out: &mut dyn Write, tools: &[Tool]) -> io::Result<()> {
    writeln!(out, "Ottla {OTTLA_VERSION}, with the tools of Apache Kafka {KAFKA_VERSION}.")?;
    writeln!(out)?;
    writeln!(out, "Usage: ottla TOOL [OPTION]...")?;
    writeln!(out, "       ottla help TOOL")?;
    writeln!(out)?;
    writeln!(out, "Tools:")?;
    let rows = tools.iter().map(|tool| (format!("  {}", tool.name), tool.summary.to_owned()));
    write_table(out, &rows.collect::<Vec<_>>())?;
    writeln!(out)?;
    writeln!(out, "A tool takes the options of Kafka's script of its name, and also runs when the")?;
    writeln!(out, "binary is called by that name: kafka-dump-log.sh is ottla dump-log.")
}

/// The options of one tool.
pub(super) fn write_usage(out: &mut dyn Write, tool: &Tool) -> io::Result<()> {
    let mut options: Vec<OptionSpec> = tool.options.iter().copied().chain([HELP, VERSION]).collect();
    options.sort_by_key(|option| option.name);
    let mut rows = vec![
        ("Option".to_owned(), "Description".to_owned()),
        ("------".to_owned(), "-----------".to_owned()),
    ];
    rows.extend(options.iter().map(|option| (left(option), right(option))));
    write_table(out, &rows)
}

fn left(option: &OptionSpec) -> String {
    match option.argument {
        Argument::None => format!("--{}", option.name),
        Argument::Required { label, .. } => format!("--{} <{label}>", option.name),
        Argument::Optional { label, .. } => format!("--{} [{label}]", option.name),
    }
}

fn right(option: &OptionSpec) -> String {
    match option.argument.default() {
        Some(default) => format!("{} (default: {default})", option.description),
        None => option.description.to_owned(),
    }
}

/// Two columns, the second one wrapped and its further lines indented.
fn write_table(out: &mut dyn Write, rows: &[(String, String)]) -> io::Result<()> {
    let left_width = rows.iter().map(|(left, _)| left.len()).max().unwrap_or(0);
    let right_width = LINE_WIDTH.saturating_sub(left_width + GAP).max(20);
    for (left, right) in rows {
        let mut left = left.as_str();
        for line in wrap(right, right_width) {
            writeln!(out, "{left:left_width$}{:GAP$}{line}", "")?;
            left = "";
        }
    }
    Ok(())
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    const INDENT: &str = "  ";
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if line.trim_start().is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(format!("{INDENT}{word}"));
        }
    }
    lines
}
