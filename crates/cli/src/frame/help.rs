//! The help, derived from the table of tools and their options.

use std::io::{self, Write};

use super::option_spec::{Argument, Kind, OptionSpec};
use super::tool::{Command, Exclusive, HELP, Syntax, Tool, VERSION};

const LINE_WIDTH: usize = 80;
const GAP: usize = 2;
/// What is longer has a line of its own.
const LEFT_WIDTH_MAX: usize = 40;

/// The release of Kafka whose tools ours stand in for.
pub(super) const KAFKA_VERSION: &str = "4.3.1";
pub(super) const OTTLA_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What `ottla` alone can do.
pub(super) fn write_overview(out: &mut dyn Write, tools: &[Tool]) -> io::Result<()> {
    writeln!(out, "Ottla {OTTLA_VERSION}, with the tools of Apache Kafka {KAFKA_VERSION}.")?;
    writeln!(out)?;
    writeln!(out, "Usage: ottla                       a node on this machine, nothing to configure")?;
    writeln!(out, "       ottla TOOL [OPTION]...")?;
    writeln!(out, "       ottla help TOOL")?;
    writeln!(out)?;
    writeln!(out, "Tools:")?;
    let rows = tools.iter().map(|tool| (format!("  {}", tool.name), tool.summary.to_owned()));
    write_table(out, &rows.collect::<Vec<_>>())?;
    writeln!(out)?;
    writeln!(out, "A tool takes the options of Kafka's script of its name, and also runs when the")?;
    writeln!(out, "binary is called by that name: kafka-dump-log.sh is ottla dump-log.")
}

/// What a command line of the tool looks like: its options or, where it has commands, those of `command`.
pub(super) fn write_usage(out: &mut dyn Write, tool: &Tool, command: Option<&Command>) -> io::Result<()> {
    match tool.syntax {
        Syntax::Options(options) => write_options(out, options),
        Syntax::Commands { program, options, exclusive, commands } => {
            let level = match command {
                Some(command) => {
                    Level { options: command.options, exclusive: command.exclusive, commands: &[] }
                }
                None => Level { options, exclusive, commands },
            };
            let program = match command {
                Some(command) => format!("{program} {}", command.name),
                None => program.to_owned(),
            };
            write_synopsis(out, &program, &level)
        }
    }
}

/// All there is to say of a tool, or of one of its commands.
pub(super) fn write_help(out: &mut dyn Write, tool: &Tool, command: Option<&Command>) -> io::Result<()> {
    let Syntax::Commands { options, exclusive, commands, .. } = tool.syntax else {
        writeln!(out, "{}", tool.description)?;
        return write_usage(out, tool, None);
    };
    write_usage(out, tool, command)?;
    writeln!(out)?;
    let level = match command {
        Some(command) => {
            writeln!(out, "{}", command.summary)?;
            Level { options: command.options, exclusive: command.exclusive, commands: &[] }
        }
        None => {
            wrap(tool.description, LINE_WIDTH, "").iter().try_for_each(|line| writeln!(out, "{line}"))?;
            Level { options, exclusive, commands }
        }
    };
    if !level.commands.is_empty() {
        writeln!(out, "\ncommands:")?;
        let rows =
            level.commands.iter().map(|command| (format!("  {}", command.name), command.summary.to_owned()));
        write_table(out, &rows.collect::<Vec<_>>())?;
    }
    writeln!(out, "\noptions:")?;
    let help = ("  -h, --help".to_owned(), "Print this help.".to_owned());
    let rows = level.options.iter().map(|option| (format!("  {}", flags(option)), right(option)));
    write_table(out, &[help].into_iter().chain(rows).collect::<Vec<_>>())
}

/// What a tool or one of its commands accepts.
struct Level {
    options: &'static [OptionSpec],
    exclusive: &'static [Exclusive],
    commands: &'static [Command],
}

fn write_options(out: &mut dyn Write, options: &[OptionSpec]) -> io::Result<()> {
    let mut options: Vec<OptionSpec> = options.iter().copied().chain([HELP, VERSION]).collect();
    options.sort_by_key(|option| option.name);
    let heading = match options.iter().any(|option| option.is_required) {
        true => ("Option (* = required)".to_owned(), "Description".to_owned()),
        false => ("Option".to_owned(), "Description".to_owned()),
    };
    let rule = ("-".repeat(heading.0.len()), "-----------".to_owned());
    let rows = options.iter().map(|option| (left(option), right(option)));
    write_table(out, &[heading, rule].into_iter().chain(rows).collect::<Vec<_>>())
}

/// One line of usage, or as many as it needs.
fn write_synopsis(out: &mut dyn Write, program: &str, level: &Level) -> io::Result<()> {
    let mut words = vec!["[-h]".to_owned()];
    let excludes = |name| level.exclusive.iter().any(|group| group.names.contains(&name));
    let alone = level.options.iter().filter(|option| !excludes(option.name));
    words.extend(alone.map(|option| match option.is_required {
        true => usage(option),
        false => format!("[{}]", usage(option)),
    }));
    for group in level.exclusive {
        let of_group = level.options.iter().filter(|option| group.names.contains(&option.name));
        let names = of_group.map(usage).collect::<Vec<_>>().join(" | ");
        words.push(if group.is_required { format!("({names})") } else { format!("[{names}]") });
    }
    if !level.commands.is_empty() {
        let names: Vec<&str> = level.commands.iter().map(|command| command.name).collect();
        words.push(format!("{{{}}} ...", names.join(",")));
    }
    let start = format!("usage: {program} ");
    let (mut line, indent) = (start.clone(), " ".repeat(start.len()));
    for word in words {
        if line.len() > indent.len() && line.len() + word.len() > LINE_WIDTH {
            writeln!(out, "{}", line.trim_end())?;
            line.clone_from(&indent);
        }
        line.push_str(&word);
        line.push(' ');
    }
    writeln!(out, "{}", line.trim_end())
}

fn usage(option: &OptionSpec) -> String {
    format!("--{}{}", option.name, label(option))
}

fn flags(option: &OptionSpec) -> String {
    match option.short {
        Some(letter) => format!("-{letter}, {}", usage(option)),
        None => usage(option),
    }
}

pub(super) fn label(option: &OptionSpec) -> String {
    match option.argument {
        Argument::None => String::new(),
        Argument::Required { label, .. } => format!(" {label}"),
        Argument::Optional { label, .. } => format!(" [{label}]"),
        Argument::Several { label } => format!(" {label} [{label} ...]"),
    }
}

fn left(option: &OptionSpec) -> String {
    let kind = match option.kind {
        Kind::Text => String::new(),
        kind => format!("{}: ", kind.name()),
    };
    let mark = if option.is_required { "* " } else { "" };
    match option.argument {
        Argument::None => format!("{mark}--{}", option.name),
        Argument::Required { label, .. } => format!("{mark}--{} <{kind}{label}>", option.name),
        Argument::Optional { label, .. } => format!("{mark}--{} [{kind}{label}]", option.name),
        Argument::Several { label } => format!("{mark}--{} <{kind}{label}>...", option.name),
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
    let left_width = rows.iter().map(|(left, _)| left.len()).max().unwrap_or(0).min(LEFT_WIDTH_MAX);
    let right_width = LINE_WIDTH.saturating_sub(left_width + GAP).max(20);
    for (left, right) in rows {
        let mut left = left.as_str();
        if left.len() > left_width {
            writeln!(out, "{left}")?;
            left = "";
        }
        for line in wrap(right, right_width, "  ") {
            writeln!(out, "{left:left_width$}{:GAP$}{line}", "")?;
            left = "";
        }
    }
    Ok(())
}

fn wrap(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if line.trim_start().is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(format!("{indent}{word}"));
        }
    }
    lines
}
