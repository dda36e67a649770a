//! The crash simulator of a compacted log: a smoke run, and proof that its checkers see.

use ottla_sim::compaction::{Plant, run_round, run_rounds, trace_round};

#[test]
fn a_compacted_log_survives_some_hundreds_of_rounds() {
    let stats = run_rounds(1, 150, 2, None).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(stats.cleanings > 300 && stats.cut_cleanings > 100 && stats.crashes > 300, "{stats:?}");
    assert!(stats.dropped > 3000 && stats.merged > 300, "{stats:?}");
}

#[test]
fn planted_bugs_are_found() {
    for plant in Plant::ALL {
        let found = (1..=40).find_map(|seed| run_round(seed, Some(plant)).err());
        let failure = found.unwrap_or_else(|| panic!("{} went unnoticed for 40 rounds", plant.name()));
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
