//! Programs run to their end, with what they said.

use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// How long a client may take, unless it is said otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How much of a failed program's words is shown.
const SHOWN_BYTES: usize = 1500;

/// What a program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// The command as one would type it.
    pub(crate) command: String,
    /// `None` when a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// An error unless the program ended with 0.
    pub(crate) fn ok(self) -> anyhow::Result<Self> {
        ensure!(
            self.status == Some(0),
            "`{}` ended with {}: {}{}",
            self.command,
            self.status.map_or_else(|| "a signal".to_owned(), |status| status.to_string()),
            tail(&self.stdout),
            tail(&self.stderr)
        );
        Ok(self)
    }
}

/// Runs `command` to its end and gives it `input`; kills it when it takes longer than `patience`.
pub(crate) fn talk(mut command: Command, input: &str, patience: Duration) -> anyhow::Result<Said> {
    let line = line(&command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    let stdout = child.stdout.take().context("no standard output")?;
    let stderr = child.stderr.take().context("no standard error")?;
    thread::scope(|scope| {
        // A program that ends before it has read everything is no error here.
        scope.spawn(move || stdin.write_all(input.as_bytes()));
        let stdout = scope.spawn(|| all(stdout));
        let stderr = scope.spawn(|| all(stderr));
        let status = wait(&mut child, patience);
        let (stdout, stderr) = (joined(stdout), joined(stderr));
        match status? {
            Some(status) => Ok(Said { command: line, status: status.code(), stdout, stderr }),
            None => bail!("`{line}` did not end within {patience:?}: {}{}", tail(&stdout), tail(&stderr)),
        }
    })
}

/// Runs `command` to its end; an exit status other than 0 is an error that shows what it said.
pub(crate) fn talk_ok(command: Command, input: &str) -> anyhow::Result<Said> {
    talk(command, input, PATIENCE)?.ok()
}

/// Runs `command` to its end with everything it says going to the file `log`; when it takes longer than `patience` it is
/// killed, with all that it started. Its exit status, or `None` when it was killed.
pub(crate) fn log_to(mut command: Command, log: &Path, patience: Duration) -> anyhow::Result<Option<i32>> {
    let line = line(&command);
    let out = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
    command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).process_group(0);
    let mut child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
    let status = wait(&mut child, patience)?;
    // The group outlives a child that was killed, and a child that left something running.
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    Ok(status.and_then(|status| status.code()))
}

/// Starts a program whose standard output is read as it comes, with its errors going to the file `errors`; it is ended when
/// it takes longer than `patience`, and by dropping it.
pub(crate) fn follow(command: &Command, patience: Duration, errors: &Path) -> anyhow::Result<Followed> {
    let line = line(command);
    let mut limited = Command::new("timeout");
    limited.arg(format!("{}s", patience.as_secs())).arg(command.get_program()).args(command.get_args());
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(dir) = command.get_current_dir() {
        limited.current_dir(dir);
    }
    let errors = File::create(errors).with_context(|| format!("cannot create {}", errors.display()))?;
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    let mut child = limited.spawn().with_context(|| format!("cannot start `{line}`"))?;
    let lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
    Ok(Followed { child, lines, line })
}

/// A program that runs beside us, and the lines it writes.
#[derive(Debug)]
pub(crate) struct Followed {
    child: Child,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
    line: String,
}

impl Followed {
    /// Waits for its end; an exit status other than 0 is an error.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let status = self.child.wait()?;
        ensure!(status.success(), "`{}` ended with {status}", self.line);
        Ok(())
    }

    /// Ends it at once, with whatever it has started, and without a chance to say goodbye.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        // `timeout` leads a group of its own.
        let group = format!("-{}", self.child.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status()?;
        ensure!(killed.success(), "cannot kill `{}`", self.line);
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        // It may have ended by itself. `timeout` hands a SIGTERM on, and a SIGKILL it could not.
        let _ = Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// The exit status, or `None` when the program took too long and was killed.
fn wait(child: &mut Child, patience: Duration) -> anyhow::Result<Option<std::process::ExitStatus>> {
    let end = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn all(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read before an error is still worth showing.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn joined(thread: thread::ScopedJoinHandle<'_, String>) -> String {
    thread.join().unwrap_or_default()
}

fn tail(text: &str) -> String {
    let mut from = text.len().saturating_sub(SHOWN_BYTES);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    if text.trim().is_empty() { String::new() } else { format!("\n{}", text[from..].trim_end()) }
}

/// The command as one would type it, without the virtual machine's own options.
fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments: Vec<String> =
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let from = arguments.iter().position(|argument| argument == "-cp").map_or(0, |at| at + 2);
    format!("{program} {}", arguments[from..].join(" "))
}
