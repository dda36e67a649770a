//! From a command line to the end of a tool.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use tokio::runtime::Builder;

use super::console::Console;
use super::help::{KAFKA_VERSION, OTTLA_VERSION, write_help, write_overview, write_usage};
use super::tool::{HELP, Run, Stop, Syntax, Tool, VERSION};
use super::{argparse, jopt_simple};
use crate::tools::{BARE, TOOLS};

/// Runs the tool that `program`, the name under which the binary was called, or else the first of `arguments` asks for.
///
/// Exits with 0 if all went well or the reader of the output went away, else with 1, as Kafka's tools do. So does help asked of
/// a tool, which Kafka's write to standard error.
pub fn run(
    program: &OsStr,
    arguments: impl IntoIterator<Item = OsString>,
    console: &mut Console<'_>,
) -> ExitCode {
    let result = dispatch(program, arguments, console).and_then(|ended| {
        console.flush()?;
        Ok(ended)
    });
    match result {
        Ok(Ended(status)) => ExitCode::from(status),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        // If standard error is gone as well there is nobody left to tell.
        Err(error) => {
            let _ = writeln!(console.err_alone(), "ottla: cannot write the output: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The status with which the process ends.
#[derive(Clone, Copy)]
struct Ended(u8);

impl Ended {
    const WELL: Self = Self(0);
    const BADLY: Self = Self(1);
}

fn dispatch(
    program: &OsStr,
    arguments: impl IntoIterator<Item = OsString>,
    console: &mut Console<'_>,
) -> io::Result<Ended> {
    let mut texts = Vec::new();
    for argument in arguments {
        match argument.into_string() {
            Ok(text) => texts.push(text),
            Err(argument) => return complain(console, &format!("argument {argument:?} is not valid UTF-8")),
        }
    }
    let program = Path::new(program).file_name().and_then(OsStr::to_str).unwrap_or_default();
    if let Some(tool) = by_script(program) {
        return run_tool(tool, &texts, console);
    }
    let Some((command, rest)) = texts.split_first() else {
        return run_tool(&BARE, &texts, console);
    };
    match (command.as_str(), rest.first()) {
        ("help", Some(name)) => match find(name) {
            Some(tool) => {
                write_help(console.out(), tool, None)?;
                Ok(Ended::WELL)
            }
            None => unknown(console, name),
        },
        ("--help" | "-h" | "help", _) => {
            write_overview(console.out(), TOOLS)?;
            Ok(Ended::WELL)
        }
        ("--version" | "-V", _) => {
            writeln!(console.out(), "ottla {OTTLA_VERSION} (Apache Kafka {KAFKA_VERSION})")?;
            Ok(Ended::WELL)
        }
        (option, _) if option.starts_with("--") => run_tool(&BARE, &texts, console),
        (name, _) => match find(name) {
            Some(tool) => run_tool(tool, rest, console),
            None => unknown(console, name),
        },
    }
}

fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name).or_else(|| by_script(name))
}

/// The tool of a script of Kafka's: `kafka-dump-log.sh` or, as some packages call it, `kafka-dump-log`.
fn by_script(name: &str) -> Option<&'static Tool> {
    let name = name.strip_suffix(".sh").unwrap_or(name);
    TOOLS.iter().find(|tool| tool.script == Some(name))
}

fn unknown(console: &mut Console<'_>, name: &str) -> io::Result<Ended> {
    complain(console, &format!("there is no tool {name:?}; ottla --help lists them"))
}

fn complain(console: &mut Console<'_>, message: &str) -> io::Result<Ended> {
    writeln!(console.err()?, "ottla: {message}")?;
    Ok(Ended::BADLY)
}

fn run_tool(tool: &Tool, arguments: &[String], console: &mut Console<'_>) -> io::Result<Ended> {
    match parse_and_run(tool, arguments, console) {
        Ok(()) => return Ok(Ended::WELL),
        Err(Stop::Usage(message)) => {
            let err = console.err()?;
            writeln!(err, "{message}")?;
            write_usage(err, tool, None)?;
        }
        Err(Stop::Misused(message)) => {
            let program = match tool.syntax {
                Syntax::Commands { program, .. } => program,
                Syntax::Options(_) => tool.name,
            };
            let err = console.err()?;
            write_usage(err, tool, None)?;
            writeln!(err, "{program}: error: {message}")?;
        }
        Err(Stop::Failed(error)) => writeln!(console.err()?, "ottla {}: {error:#}", tool.name)?,
        Err(Stop::Said(message)) => writeln!(console.err()?, "{message}")?,
        Err(Stop::Status(status)) => return Ok(Ended(status)),
        Err(Stop::Output(error)) => return Err(error),
    }
    Ok(Ended::BADLY)
}

fn write_version(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{KAFKA_VERSION} (ottla {OTTLA_VERSION})")
}

fn parse_and_run(tool: &Tool, arguments: &[String], console: &mut Console<'_>) -> Result<(), Stop> {
    let arguments = match tool.syntax {
        Syntax::Options(options) => {
            let parsed = jopt_simple::parse(options, arguments);
            let arguments = parsed.map_err(|error| Stop::Usage(error.to_string()))?;
            let wants_help = arguments.is_empty() && !tool.runs_bare;
            if wants_help || arguments.has(&HELP) {
                return Err(Stop::Usage(tool.description.to_owned()));
            }
            if arguments.has(&VERSION) {
                return Ok(write_version(console.out())?);
            }
            arguments
        }
        Syntax::Commands { program, options, exclusive, commands } => {
            let parsed = argparse::parse(options, exclusive, commands, arguments);
            match parsed.outcome {
                Ok(arguments) if arguments.has(&HELP) => {
                    return Ok(write_help(console.out(), tool, parsed.command)?);
                }
                Ok(arguments) if arguments.has(&VERSION) => return Ok(write_version(console.out())?),
                Ok(arguments) => arguments,
                Err(_) if arguments.is_empty() && commands.is_empty() => {
                    return Ok(write_help(console.out(), tool, None)?);
                }
                Err(error) => {
                    let err = console.err()?;
                    write_usage(err, tool, parsed.command)?;
                    return Err(Stop::Said(format!("{program}: error: {error}")));
                }
            }
        }
    };
    match tool.run {
        Run::Plain(run) => run(&arguments, console),
        Run::Async(run) => {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.context("cannot start the runtime for the network")?;
            let ended = runtime.block_on(run(&arguments, console));
            // A thread may wait for input that never comes; nobody needs it any more.
            runtime.shutdown_background();
            ended
        }
    }
}
