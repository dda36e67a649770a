//! Every target over its seeds, its fixtures and mutations of both.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use ottla_fuzz::mutate::{below, mutate};
use ottla_fuzz::{TARGETS, Target};
use ottla_io::sim::Dice;

/// Mutated inputs a target: a second or two in a debug build.
const MUTATIONS: usize = 3000;

#[test]
fn every_target_survives_its_smoke_run() {
    for target in TARGETS {
        smoke(target);
    }
}

#[test]
fn every_target_has_seeds() {
    for target in TARGETS {
        assert!(!(target.seeds)().is_empty(), "{} has no seeds", target.name);
    }
}

fn smoke(target: &Target) {
    let mut inputs = (target.seeds)();
    inputs.extend(fixtures(target.name));
    for input in &inputs {
        run(target, input);
    }
    let mut dice = Dice::new(0);
    for _ in 0..MUTATIONS {
        let seed = &inputs[below(&mut dice, inputs.len())];
        let other = &inputs[below(&mut dice, inputs.len())];
        run(target, &mutate(seed, other, &mut dice));
    }
}

/// Runs one input; a panic is passed on once the input is shown, ready to be saved as a fixture.
fn run(target: &Target, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        eprintln!("target {} fails on {} bytes: {hex}", target.name, input.len());
        resume_unwind(panic);
    }
}

/// Inputs that once broke the target, in the order of their names.
fn fixtures(name: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let Ok(entries) = fs::read_dir(&dir) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a fixture can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a fixture can be read")).collect()
}
