//! The `ottla` binary as a library: a node to run, and Kafka's command line tools with Kafka's options, output and exit codes.
//!
//! A tool is one file or folder of `tools` and one line of the table there; from the table come the sub-commands
//! (`ottla dump-log`), the names under which the binary may be called (`kafka-dump-log.sh`), the help and the
//! [reference page](reference_page).
//!
//! It never reads the environment, the terminal or a global: arguments and a [`Console`] are handed in, so that tests run
//! tools like users do. Tools print byte for byte what Kafka's print on standard output; where Kafka's end in a Java
//! stack trace, ours say in one line on standard error what is wrong, and both exit with 1.
//!
//! Start with [`run`].

mod frame;
mod java;
mod random;
mod tools;

pub use frame::{Console, Terminals, reference_page, run};
