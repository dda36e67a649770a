//! The `ottla` binary.

use std::env;
use std::io::{self, BufReader, BufWriter, IsTerminal};
use std::process::ExitCode;

use ottla_cli::{Console, Terminals, run};

const INPUT_BUFFER_BYTES: usize = 64 * 1024;
const OUTPUT_BUFFER_BYTES: usize = 64 * 1024;

fn main() -> ExitCode {
    let terminals = Terminals {
        input: io::stdin().is_terminal(),
        out: io::stdout().is_terminal(),
        err: io::stderr().is_terminal(),
    };
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, io::stdout().lock());
    // Not locked: the log of a node goes there too.
    let mut err = io::stderr();
    let mut console = Console::new(&mut out, &mut err)
        .with_input(BufReader::with_capacity(INPUT_BUFFER_BYTES, io::stdin()))
        .with_terminals(terminals)
        .with_variables(|name| env::var(name).ok());
    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_default();
    run(&program, arguments, &mut console)
}
