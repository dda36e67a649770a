//! The simulator of transactions: a smoke run, and proof that its checkers see.

use ottla_sim::txn::{Plant, run_events, trace_world};

#[test]
fn transactions_survive_some_thousand_events() {
    let stats = run_events(1, 24_000, None).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(stats.committed > 100 && stats.aborted > 100 && stats.records_read > 500, "{stats:?}");
    assert!(stats.failed_writes > 10 && stats.fenced > 10 && stats.markers > 300, "{stats:?}");
    assert!(stats.reloads > 30 && stats.kills > 5 && stats.power_losses > 5, "{stats:?}");
}

#[test]
fn planted_bugs_are_found() {
    for plant in Plant::ALL {
        let found = run_events(1, 80_000, Some(plant));
        assert!(found.is_err(), "{} went unnoticed: {found:?}", plant.name());
    }
}

#[test]
fn one_seed_tells_one_story() {
    assert_eq!(trace_world(7, 1_000, None), trace_world(7, 1_000, None));
    assert_ne!(trace_world(7, 1_000, None).1, trace_world(8, 1_000, None).1);
}
