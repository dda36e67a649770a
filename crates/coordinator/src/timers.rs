//! What is due when.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ottla_record::Timestamp;

#[derive(Debug, Clone, Copy)]
struct Due {
    /// When the timer goes off.
    deadline: Timestamp,
    /// Where it stands in the queue: at its deadline or before.
    queued: Timestamp,
}

/// Timers, each at most once, named by what they are for.
///
/// A timer that moves to a later deadline stays where it is queued, and is queued again only when its turn comes: a
/// heartbeat, which moves one, costs a lookup.
#[derive(Debug)]
pub struct Timers<T> {
    due: BTreeMap<T, Due>,
    queue: BTreeSet<(Timestamp, T)>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { due: BTreeMap::new(), queue: BTreeSet::new() }
    }
}

impl<T: Ord + Clone + fmt::Debug> Timers<T> {
    /// Sets the timer to go off at `deadline`, and no more when it was to go off before.
    pub fn schedule(&mut self, timer: T, deadline: Timestamp) {
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

    /// Lets the timer not go off.
    pub fn cancel(&mut self, timer: &T) {
        if let Some(due) = self.due.remove(timer) {
            self.queue.remove(&(due.queued, timer.clone()));
        }
    }

    /// Whether the timer will go off.
    pub fn is_scheduled(&self, timer: &T) -> bool {
        self.due.contains_key(timer)
    }

    /// Takes the next timer that goes off by `now`.
    pub fn pop(&mut self, now: Timestamp) -> Option<T> {
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
    pub fn next(&self) -> Option<Timestamp> {
        self.queue.first().map(|(queued, _)| *queued)
    }

    /// Checks what must be true between any two calls.
    ///
    /// # Panics
    /// When it is not.
    pub fn check(&self) {
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

    #[test]
    fn timers_go_off_in_order_and_only_once() {
        let mut timers = Timers::default();
        timers.schedule("b", Timestamp(20));
        timers.schedule("a", Timestamp(10));
        assert_eq!((timers.next(), timers.pop(Timestamp(9))), (Some(Timestamp(10)), None));
        assert_eq!(timers.pop(Timestamp(20)), Some("a"));
        assert_eq!(timers.pop(Timestamp(20)), Some("b"));
        assert_eq!((timers.next(), timers.pop(Timestamp(99))), (None, None));
    }

    #[test]
    fn a_timer_can_move_both_ways_and_be_cancelled() {
        let mut timers = Timers::default();
        timers.schedule("later", Timestamp(10));
        timers.schedule("later", Timestamp(30));
        timers.schedule("sooner", Timestamp(50));
        timers.schedule("sooner", Timestamp(20));
        timers.schedule("never", Timestamp(15));
        timers.cancel(&"never");
        timers.check();
        assert_eq!(timers.pop(Timestamp(29)), Some("sooner"));
        assert_eq!(timers.pop(Timestamp(29)), None);
        assert_eq!(timers.next(), Some(Timestamp(30)));
        assert!(timers.is_scheduled(&"later") && !timers.is_scheduled(&"never"));
        assert_eq!(timers.pop(Timestamp(30)), Some("later"));
        timers.check();
    }
}
