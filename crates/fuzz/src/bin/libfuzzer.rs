//! libFuzzer's main over the table of targets; `cargo xtask fuzz` builds and calls it.
//!
//! libFuzzer owns the command line, so that what is ours comes by environment: `OTTLA_FUZZ_TARGET` names the
//! target, `OTTLA_FUZZ_SEEDS` a folder to write its seeds to, `OTTLA_FUZZ_LIST` asks for the names alone.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;
use std::{env, fs, process};

use libfuzzer_sys::fuzz_target;
use ottla_fuzz::{TARGETS, Target};

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(init: prepare(), |input: &[u8]| {
    if let Some(target) = TARGET.get() {
        (target.run)(input);
    }
});

/// Finds the target before the first input, or does what else was asked and ends the process.
fn prepare() {
    if env::var_os("OTTLA_FUZZ_LIST").is_some() {
        TARGETS.iter().for_each(|target| println!("{}", target.name));
        process::exit(0);
    }
    let name = env::var("OTTLA_FUZZ_TARGET").unwrap_or_default();
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        eprintln!("no target is called {name:?}");
        process::exit(1);
    };
    if let Some(dir) = env::var_os("OTTLA_FUZZ_SEEDS") {
        process::exit(write_seeds(target, Path::new(&dir)));
    }
    TARGET.get_or_init(|| *target);
}

fn write_seeds(target: &Target, dir: &Path) -> i32 {
    for (index, seed) in (target.seeds)().iter().enumerate() {
        let path = dir.join(format!("seed-{index}"));
        if let Err(error) = fs::write(&path, seed) {
            eprintln!("cannot write {}: {error}", path.display());
            return 1;
        }
    }
    0
}
