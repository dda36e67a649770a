//! The crash simulator of a log: a smoke run, and proof that its checkers see.

use ottla_sim::log::{Plant, run_round, run_rounds, trace_round};

#[test]
fn a_log_survives_some_hundreds_of_rounds() {
    let stats = run_rounds(1, 400, 2, None).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(stats.power_losses > 1000 && stats.kills > 500 && stats.batches > 5000, "{stats:?}");
}

#[test]
fn planted_bugs_are_found() {
    for plant in Plant::ALL {
        let found = (1..=20).find_map(|seed| run_round(seed, Some(plant)).err());
        let failure = found.unwrap_or_else(|| panic!("{} went unnoticed for 20 rounds", plant.name()));
        assert!(!failure.trace.is_empty(), "the story is told");
    }
}

#[test]
fn one_seed_tells_one_story() {
    for seed in [1, 2, 3] {
        assert_eq!(trace_round(seed, None), trace_round(seed, None));
    }
    assert_ne!(trace_round(1, None).1, trace_round(2, None).1);
}

#[test]
fn telling_the_story_does_not_change_it() {
    for seed in 1..20 {
        assert_eq!(run_round(seed, None).map_err(|failure| failure.what), trace_round(seed, None).0);
    }
}
