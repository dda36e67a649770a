//! What is always true of a coordinator.

use std::collections::{BTreeMap, BTreeSet};

use ottla_record::NO_PRODUCER_EPOCH;

use super::transaction::{Pending, Transaction};
use super::{Timer, TransactionCoordinator};
use crate::partitions::Partitions;

impl TransactionCoordinator {
    /// Checks what must be true between any two calls: for tests, which know that a step was wrong before its
    /// consequences show.
    ///
    /// # Panics
    /// When something is not true that must always be.
    pub fn invariants(&self) {
        let outcome = &self.outcome;
        self.timers.check();
        assert!(
            outcome.replies.is_empty()
                && outcome.writes.is_empty()
                && outcome.markers.is_empty()
                && outcome.producer_ids_wanted == 0,
            "the outcome was handed out"
        );
        assert!(self.parked.len() <= self.producer_ids_coming, "nobody waits in vain for a producer id");
        let in_flight = self.partitions_in_flight();
        let written: BTreeSet<&str> = self.writes.iter().flat_map(|write| write.completion.ids()).collect();
        for (id, transaction) in &self.transactions {
            assert_eq!(*id, transaction.id, "transactions by their ids");
            check_metadata(transaction);
            self.check_pending(transaction, written.contains(id.as_str()), in_flight.get(id.as_str()));
        }
        for id in in_flight.keys() {
            let prepared = self.transactions.get(*id).is_some_and(Transaction::is_prepared);
            assert!(prepared, "{id} has markers being written, so it is about to end");
        }
    }

    fn partitions_in_flight(&self) -> BTreeMap<&str, Partitions> {
        let mut by_id: BTreeMap<&str, Partitions> = BTreeMap::new();
        for in_flight in self.in_flight.values() {
            assert!(!in_flight.partitions.is_empty(), "who has answered all is forgotten");
            let known = by_id.entry(in_flight.transactional_id.as_str()).or_default();
            for (topic, partition) in in_flight.partitions.iter() {
                assert!(known.insert(topic, partition), "one marker at a time for {topic}-{partition}");
            }
        }
        by_id
    }

    /// What it waits for will come.
    fn check_pending(&self, transaction: &Transaction, is_written: bool, in_flight: Option<&Partitions>) {
        let id = &transaction.id;
        let nothing = Partitions::default();
        let in_flight = in_flight.unwrap_or(&nothing);
        match &transaction.pending {
            Some(Pending::Writing(next)) => {
                assert!(next.state.may_follow(transaction.metadata.state), "{id} goes on in order");
                assert!(is_written, "{id} is written");
            }
            Some(Pending::Expiring) => {
                assert!(transaction.metadata.state.is_idle(), "{id} has no transaction");
                assert!(is_written, "{id} is deleted");
            }
            Some(Pending::Marking(marking)) => {
                assert!(transaction.is_prepared(), "{id} is about to end");
                let is_due = self.timers.is_scheduled(&Timer::End(id.clone()));
                let goes_on = is_due || !in_flight.is_empty() || marking.is_fenced;
                assert!(goes_on, "{id} ends, but nothing happens");
                for (topic, partition) in transaction.metadata.partitions.iter() {
                    let is_cared_for = in_flight.contains(topic, partition)
                        || is_due && marking.again.contains(topic, partition)
                        || marking.is_fenced;
                    assert!(is_cared_for, "{id} waits in vain for {topic}-{partition}");
                }
            }
            None => assert!(!transaction.is_prepared(), "{id} is about to end, but nothing happens"),
        }
    }
}

fn check_metadata(transaction: &Transaction) {
    let Transaction { id, metadata, pending } = transaction;
    assert!(metadata.producer_id.is_some(), "{id} has a producer");
    let is_new = metadata.producer_epoch == NO_PRODUCER_EPOCH;
    assert!(metadata.producer_epoch >= 0 || is_new && pending.is_some(), "{id} has an epoch");
    assert!(!metadata.state.is_idle() || metadata.partitions.is_empty(), "{id} has no transaction");
    assert!(
        !metadata.next_producer_id.is_some() || metadata.state.prepared().is_some(),
        "{id} changes its producer at the end of a transaction"
    );
}
