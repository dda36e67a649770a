//! The reference page of the tools, derived from their table.

use std::fmt::Write;

use super::help::{KAFKA_VERSION, label};
use super::option_spec::OptionSpec;
use super::tool::{Command, Syntax, Tool};
use crate::tools::TOOLS;

/// The page that lists every tool with its options, in Markdown.
pub fn reference_page() -> String {
    let mut page = format!(
        "# Tools\n\nEvery tool of the `ottla` binary, derived from the code. Those of Apache Kafka {KAFKA_VERSION} take its options and \
         print what it prints; they also run when the binary is called by the name of Kafka's script. The options `--help` and \
         `--version` come with each.\n"
    );
    for tool in TOOLS {
        write_tool(&mut page, tool);
    }
    page
}

fn write_tool(page: &mut String, tool: &Tool) {
    let script = tool.script.map(|script| format!(" (`{script}.sh`)")).unwrap_or_default();
    add(page, &format!("\n## ottla {}{script}\n\n{}\n", tool.name, tool.description));
    match tool.syntax {
        Syntax::Options(options) => write_options(page, options),
        Syntax::Commands { options, commands, .. } => {
            write_options(page, options);
            commands.iter().for_each(|command| write_command(page, tool, command));
        }
    }
}

fn write_command(page: &mut String, tool: &Tool, command: &Command) {
    add(page, &format!("\n### ottla {} {}\n\n{}\n", tool.name, command.name, command.summary));
    write_options(page, command.options);
}

fn write_options(page: &mut String, options: &[OptionSpec]) {
    if options.is_empty() {
        return;
    }
    add(page, "\n| option | default | what it does |\n| --- | --- | --- |\n");
    for option in options {
        let short = option.short.map(|letter| format!(", `-{letter}`")).unwrap_or_default();
        let default = option.argument.default().map(|default| format!("`{default}`")).unwrap_or_default();
        let name = format!("`--{}{}`{short}", option.name, label(option)).replace('|', "\\|");
        let description = option.description.replace('|', "\\|");
        add(page, &format!("| {name} | {default} | {description} |\n"));
    }
}

fn add(page: &mut String, text: &str) {
    page.write_str(text).expect("a text takes all");
}
