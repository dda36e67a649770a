//! The simulator of groups: a smoke run.

use ottla_sim::group::run_operations;

#[test]
fn groups_survive_some_thousand_operations() {
    for seed in 1..=2 {
        let stats = run_operations(seed, 4_000).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(stats.generations > 50 && stats.assignments > 50 && stats.commits > 20, "{stats:?}");
        assert!(stats.transactional_commits > 20 && stats.ended_transactions > 10, "{stats:?}");
        assert!(stats.failed_writes > 0 && stats.tombstones > 20 && stats.reloads > 1, "{stats:?}");
    }
}

#[test]
fn one_seed_tells_one_story() {
    assert_eq!(run_operations(7, 1_000), run_operations(7, 1_000));
    assert_ne!(run_operations(7, 1_000), run_operations(8, 1_000));
}
