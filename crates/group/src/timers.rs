//! What is due when.

use std::collections::{BTreeMap, BTreeSet};

use ottla_record::Timestamp;
use ottla_wire::KafkaString;

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Offsets and empty groups may have expired.
    Expiration,
    /// The join phase of the group ends.
    Join(KafkaString),
    /// Members of the group that have not asked for their assignment are given up.
    Sync(KafkaString),
    /// The member of the group has not been heard of.
    Session(KafkaString, KafkaString),
}

#[derive(Debug, Clone, Copy)]
struct Due {
    /// When the timer goes off.
    deadline: Timestamp,
    /// Where it stands in the queue: at its deadline or before.
    queued: Timestamp,
}

/// Timers, each at most once.
///
/// A timer that moves to a later deadline stays where it is queued, and is queued again only when its turn comes: a
/// heartbeat, which moves one, costs a lookup.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<Timer, Due>,
    queue: BTreeSet<(Timestamp, Timer)>,
}

impl Timers {
    /// Sets the timer to go off at `deadline`, and no more when it was to go off before.
    pub(crate) fn schedule(&mut self, timer: Timer, deadline: Timestamp) {
        match self.due.get_mut(&timer) {
            Some(due) if due.queued <= deadline => due.deadline = deadline,
            Some(due) => {
                self.queue.remove(&(due.queued, timer.clone()));
                *due = Due { deadline, queued: deadline };
                self.queue.insert((deadline, timer));
            }
            None => {
                self.due.insert(timer.clone(), Due { deadline, queued: deadline });
                self.queue.insert((deadline, timer));
            }
        }
    }

    pub(crate) fn cancel(&mut self, timer: &Timer) {
        if let Some(due) = self.due.remove(timer) {
            self.queue.remove(&(due.queued, timer.clone()));
        }
    }

    pub(crate) fn is_scheduled(&self, timer: &Timer) -> bool {
        self.due.contains_key(timer)
    }

    /// Takes the next timer that goes off by `now`.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<Timer> {
        while self.queue.first().is_some_and(|(queued, _)| *queued <= now) {
            let (_, timer) = self.queue.pop_first()?;
            let due = self.due.get_mut(&timer)?;
            if due.deadline <= now {
                self.due.remove(&timer);
                return Some(timer);
            }
            due.queued = due.deadline;
            self.queue.insert((due.deadline, timer));
        }
        None
    }

    /// When to look again, if ever: the earliest deadline, or somewhat before it.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.queue.first().map(|(queued, _)| *queued)
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.due.len(), self.queue.len(), "a timer is queued once");
        for (queued, timer) in &self.queue {
            let due = self.due.get(timer);
            assert!(
                due.is_some_and(|due| due.queued == *queued && due.queued <= due.deadline),
                "{timer:?} is queued at {queued}, known as {due:?}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(name: &'static str) -> Timer {
        Timer::Join(KafkaString::from_static(name))
    }

    #[test]
    fn timers_go_off_in_order_and_only_once() {
        let mut timers = Timers::default();
        timers.schedule(timer("b"), Timestamp(20));
        timers.schedule(timer("a"), Timestamp(10));
        assert_eq!((timers.next(), timers.pop(Timestamp(9))), (Some(Timestamp(10)), None));
        assert_eq!(timers.pop(Timestamp(20)), Some(timer("a")));
        assert_eq!(timers.pop(Timestamp(20)), Some(timer("b")));
        assert_eq!((timers.next(), timers.pop(Timestamp(99))), (None, None));
    }

    #[test]
    fn a_timer_can_move_both_ways_and_be_cancelled() {
        let mut timers = Timers::default();
        timers.schedule(timer("later"), Timestamp(10));
        timers.schedule(timer("later"), Timestamp(30));
        timers.schedule(timer("sooner"), Timestamp(50));
        timers.schedule(timer("sooner"), Timestamp(20));
        timers.schedule(timer("never"), Timestamp(15));
        timers.cancel(&timer("never"));
        timers.check();
        assert_eq!(timers.pop(Timestamp(29)), Some(timer("sooner")));
        assert_eq!(timers.pop(Timestamp(29)), None);
        assert_eq!(timers.next(), Some(Timestamp(30)));
        assert!(timers.is_scheduled(&timer("later")) && !timers.is_scheduled(&timer("never")));
        assert_eq!(timers.pop(Timestamp(30)), Some(timer("later")));
        timers.check();
    }
}
