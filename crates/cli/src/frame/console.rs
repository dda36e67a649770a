//! Where a tool's output goes.

use std::fmt;
use std::io::{self, Write};

/// Standard output and standard error of a tool, or what stands for them in a test.
pub struct Console<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

impl<'a> Console<'a> {
    /// Output should be buffered: tools write in small pieces. It is flushed when the tool ends.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err }
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

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").finish_non_exhaustive()
    }
}
