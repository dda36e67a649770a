//! `server-stop`: asks the nodes on this machine to stop, as Kafka's `kafka-server-stop` does.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use ottla_config::Written;
use rustix::process::{Pid, Signal, kill_process};

use crate::frame::{Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "server-stop",
    script: Some("kafka-server-stop"),
    summary: "Stop the nodes on this machine.",
    description: "Sends SIGTERM, or the signal that the variable SIGNAL names, to the nodes on this machine.",
    syntax: Syntax::Options(&[PROCESS_ROLE, NODE_ID]),
    runs_bare: true,
    run: Run::Plain(run),
};

const PROCESS_ROLE: OptionSpec = OptionSpec::value(
    "process-role",
    "role",
    "Only nodes whose process.roles is this: broker, controller or broker,controller.",
);
const NODE_ID: OptionSpec =
    OptionSpec::value("node-id", "id", "Only the node of this id. Goes before --process-role.");

/// The names by which this binary runs a node of a configuration file.
const SERVER_NAMES: [&str; 3] = ["server", "kafka-server-start", "kafka-server-start.sh"];
const PROCESSES: &str = "/proc";

fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let signal = signal(console)?;
    let (node_id, role) = (arguments.value(&NODE_ID)?, arguments.value(&PROCESS_ROLE)?);
    if node_id.is_some() && role.is_some() {
        writeln!(console.out(), "Both --node-id and --process-role are given; --node-id decides.")?;
    }
    let wanted = match (node_id, role) {
        (Some(node_id), _) => Some(("node.id", node_id)),
        (None, Some(role)) => Some(("process.roles", role)),
        (None, None) => None,
    };
    let servers: Vec<Server> = servers()?;
    if servers.is_empty() {
        writeln!(console.out(), "No kafka server to stop")?;
        return Err(Stop::Status(1));
    }
    for server in servers {
        if wanted.is_some_and(|(key, value)| server.setting(key).as_deref() != Some(value)) {
            continue;
        }
        kill_process(server.pid, signal)
            .with_context(|| format!("cannot stop process {}", server.pid.as_raw_nonzero()))?;
    }
    Ok(())
}

fn signal(console: &Console<'_>) -> anyhow::Result<Signal> {
    let name = console.variable("SIGNAL").unwrap_or_else(|| "TERM".to_owned());
    match name.strip_prefix("SIG").unwrap_or(&name) {
        "TERM" | "15" => Ok(Signal::TERM),
        "INT" | "2" => Ok(Signal::INT),
        "KILL" | "9" => Ok(Signal::KILL),
        _ => {
            Err(anyhow!("SIGNAL: {name:?} is no signal that stops a node; TERM, INT or KILL would be right"))
        }
    }
}

/// A node that runs on this machine.
struct Server {
    pid: Pid,
    /// Its configuration file; none for one that was started without.
    file: Option<PathBuf>,
}

impl Server {
    /// A value of its configuration file, unless the file is gone.
    fn setting(&self, key: &str) -> Option<String> {
        let file = self.file.as_ref()?;
        let written = Written::from_file(&file.to_string_lossy(), &fs::read(file).ok()?).ok()?;
        written.text(key).map(|text| text.trim().to_owned())
    }
}

fn servers() -> anyhow::Result<Vec<Server>> {
    let processes = fs::read_dir(PROCESSES).with_context(|| format!("cannot read {PROCESSES}"))?;
    let mut servers = Vec::new();
    for process in processes.flatten() {
        let path = process.path();
        let number = process.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = number.and_then(Pid::from_raw) else { continue };
        // A process may be gone by now.
        let Ok(line) = fs::read(path.join("cmdline")) else { continue };
        if let Some(file) = configuration_file(&line) {
            let directory = fs::read_link(path.join("cwd")).unwrap_or_default();
            servers.push(Server { pid, file: file.map(|file| directory.join(file)) });
        }
    }
    Ok(servers)
}

/// The configuration file in the command line of a node; `Some(None)` for a node without one, none for another program.
fn configuration_file(line: &[u8]) -> Option<Option<PathBuf>> {
    let mut words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty()).map(OsStr::from_bytes);
    let program = Path::new(words.next()?).file_name()?;
    if is_any_of(program, &SERVER_NAMES[1..]) {
        return Some(first_file(words));
    }
    if program != "ottla" {
        return None;
    }
    match words.next() {
        None => Some(None),
        Some(word) if word == "start" || word.as_bytes().starts_with(b"--") => Some(None),
        Some(word) if is_any_of(word, &SERVER_NAMES) => Some(first_file(words)),
        Some(_) => None,
    }
}

fn is_any_of(word: &OsStr, names: &[&str]) -> bool {
    names.iter().any(|name| word == *name)
}

fn first_file<'a>(mut words: impl Iterator<Item = &'a OsStr>) -> Option<PathBuf> {
    words.find(|word| !word.as_bytes().starts_with(b"-")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_known_by_their_command_lines() {
        let file = |line: &str| configuration_file(line.replace(' ', "\0").as_bytes());
        let some = |path: &str| Some(Some(PathBuf::from(path)));
        assert_eq!(file("/usr/bin/ottla server a.properties --override b=c "), some("a.properties"));
        assert_eq!(file("ottla kafka-server-start.sh a.properties"), some("a.properties"));
        assert_eq!(file("bin/kafka-server-start a.properties"), some("a.properties"));
        assert_eq!(file("ottla"), Some(None));
        assert_eq!(file("ottla --port 1"), Some(None));
        assert_eq!(file("./ottla start --port 1"), Some(None));
        assert_eq!(file("ottla topics --list"), None);
        assert_eq!(file("vi server a.properties"), None);
        assert_eq!(file(""), None);
    }
}
