//! From a command line to the end of a tool.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use super::console::Console;
use super::help::{KAFKA_VERSION, OTTLA_VERSION, write_overview, write_usage};
use super::options::{Arguments, HELP, VERSION};
use super::tool::{Stop, Tool};
use crate::tools::TOOLS;

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
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Badly) => ExitCode::FAILURE,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        // If standard error is gone as well there is nobody left to tell.
        Err(error) => {
            let _ = writeln!(console.err_alone(), "ottla: cannot write the output: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Clone, Copy)]
enum Ended {
    Well,
    Badly,
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
        write_overview(console.err()?, TOOLS)?;
        return Ok(Ended::Badly);
    };
    match (command.as_str(), rest.first()) {
        ("help", Some(name)) => match find(name) {
            Some(tool) => {
                writeln!(console.out(), "{}", tool.description)?;
                write_usage(console.out(), tool)?;
                Ok(Ended::Well)
            }
            None => unknown(console, name),
        },
        ("--help" | "-h" | "help", _) => {
            write_overview(console.out(), TOOLS)?;
            Ok(Ended::Well)
        }
        ("--version" | "-V", _) => {
            writeln!(console.out(), "ottla {OTTLA_VERSION} (Apache Kafka {KAFKA_VERSION})")?;
            Ok(Ended::Well)
        }
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
    let name = name.strip_suffix(".sh").unwrap_or(name).strip_prefix("kafka-")?;
    TOOLS.iter().find(|tool| tool.name == name)
}

fn unknown(console: &mut Console<'_>, name: &str) -> io::Result<Ended> {
    complain(console, &format!("there is no tool {name:?}; ottla --help lists them"))
}

fn complain(console: &mut Console<'_>, message: &str) -> io::Result<Ended> {
    writeln!(console.err()?, "ottla: {message}")?;
    Ok(Ended::Badly)
}

fn run_tool(tool: &Tool, arguments: &[String], console: &mut Console<'_>) -> io::Result<Ended> {
    match parse_and_run(tool, arguments, console) {
        Ok(()) => return Ok(Ended::Well),
        Err(Stop::Usage(message)) => {
            let err = console.err()?;
            writeln!(err, "{message}")?;
            write_usage(err, tool)?;
        }
        Err(Stop::Failed(error)) => writeln!(console.err()?, "ottla {}: {error:#}", tool.name)?,
        Err(Stop::Output(error)) => return Err(error),
    }
    Ok(Ended::Badly)
}

fn parse_and_run(tool: &Tool, arguments: &[String], console: &mut Console<'_>) -> Result<(), Stop> {
    let arguments = Arguments::parse(tool.options, arguments).map_err(|error| Stop::Failed(error.into()))?;
    if arguments.is_empty() || arguments.has(&HELP) {
        return Err(Stop::Usage(tool.description.to_owned()));
    }
    if arguments.has(&VERSION) {
        return Ok(writeln!(console.out(), "{KAFKA_VERSION} (ottla {OTTLA_VERSION})")?);
    }
    (tool.run)(&arguments, console)
}
