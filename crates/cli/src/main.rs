//! The `ottla` binary.

use std::env;
use std::io::{self, BufWriter};
use std::process::ExitCode;

use ottla_cli::{Console, run};

const OUTPUT_BUFFER_BYTES: usize = 64 * 1024;

fn main() -> ExitCode {
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, io::stdout().lock());
    let mut err = io::stderr().lock();
    let mut console = Console::new(&mut out, &mut err);
    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_default();
    run(&program, arguments, &mut console)
}
