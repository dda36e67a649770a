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
    // Not locked: threads of a node write their log there too.
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, io::stdout());
    let mut err = io::stderr();
    let console = Console::new(&mut out, &mut err)
        .with_input(BufReader::with_capacity(INPUT_BUFFER_BYTES, io::stdin()))
        .with_terminals(terminals)
        .with_variables(|name| env::var(name).ok());
    let mut console = match env::current_exe() {
        Ok(binary) => console.with_binary(binary),
        Err(_) => console,
    };
    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_default();
    run(&program, arguments, &mut console)
}
