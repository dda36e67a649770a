//! Where a tool's input comes from and its output goes.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

/// Standard input, output and error of a tool, or what stands for them in a test, and the environment's variables.
pub struct Console<'a> {
    input: Option<Box<dyn BufRead + Send>>,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    terminals: Terminals,
    variables: fn(&str) -> Option<String>,
    binary: Option<PathBuf>,
}

/// Which of the three streams a person sits at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Standard input.
    pub input: bool,
    /// Standard output.
    pub out: bool,
    /// Standard error.
    pub err: bool,
}

impl<'a> Console<'a> {
    /// A console without input, terminals and variables.
    ///
    /// Output should be buffered: tools write in small pieces. It is flushed when the tool ends.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { input: None, out, err, terminals: Terminals::default(), variables: |_| None, binary: None }
    }

    /// With something to read.
    #[must_use]
    pub fn with_input(mut self, input: impl BufRead + Send + 'static) -> Self {
        self.input = Some(Box::new(input));
        self
    }

    /// With a person at some of the streams.
    #[must_use]
    pub const fn with_terminals(mut self, terminals: Terminals) -> Self {
        self.terminals = terminals;
        self
    }

    /// With the variables of an environment.
    #[must_use]
    pub const fn with_variables(mut self, variables: fn(&str) -> Option<String>) -> Self {
        self.variables = variables;
        self
    }

    /// With the path of the binary itself, for scripts that run it.
    #[must_use]
    pub fn with_binary(mut self, binary: PathBuf) -> Self {
        self.binary = Some(binary);
        self
    }

    /// The input, for a thread of its own to read: reading waits, and must not make a runtime wait. Only the first to ask has
    /// it, others find nothing there.
    pub(crate) fn take_input(&mut self) -> Box<dyn BufRead + Send> {
        self.input.take().unwrap_or_else(|| Box::new(io::empty()))
    }

    /// Where results go.
    pub(crate) fn out(&mut self) -> &mut dyn Write {
        self.out
    }

    /// Where notices go. What was written to the output so far is flushed first, so that on a terminal both stand in
    /// the order in which they were written.
    pub(crate) fn err(&mut self) -> io::Result<&mut dyn Write> {
        self.out.flush()?;
        Ok(self.err)
    }

    /// Where to tell that the output cannot be written.
    pub(crate) fn err_alone(&mut self) -> &mut dyn Write {
        self.err
    }

    /// Hands the output written so far to whoever reads it, which a tool does before it waits for something.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Which of the streams a person sits at.
    pub(crate) const fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// A variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.variables)(name)
    }

    /// The path of the binary itself.
    pub(crate) fn binary(&self) -> Option<&Path> {
        self.binary.as_deref()
    }
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("terminals", &self.terminals).finish_non_exhaustive()
    }
}
