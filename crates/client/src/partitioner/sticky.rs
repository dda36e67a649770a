//! Staying with a partition until a batch is full, then choosing one that is not behind (KIP-480, KIP-794).

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use crate::net::random;

/// What is known of a partition when one is chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) partition: i32,
    pub(crate) has_leader: bool,
    /// Batches that wait to be sent.
    pub(crate) waiting: u32,
}

/// The partition that records without a key go to for now.
#[derive(Debug)]
pub(crate) struct Sticky {
    /// -1 as long as none is chosen.
    partition: AtomicI32,
    produced: AtomicUsize,
    /// Bytes after which another one is chosen.
    batch_size: usize,
    /// Whether partitions with long queues are chosen less often.
    is_adaptive: bool,
}

impl Sticky {
    pub(crate) const fn new(batch_size: usize, is_adaptive: bool) -> Self {
        Self { partition: AtomicI32::new(-1), produced: AtomicUsize::new(0), batch_size, is_adaptive }
    }

    /// The present partition, or a first one.
    pub(crate) fn current(&self, loads: impl Fn() -> Vec<Load>) -> i32 {
        match self.partition.load(Ordering::Relaxed) {
            -1 => self.switch(-1, &loads()),
            partition => partition,
        }
    }

    /// Counts what was appended to a partition. Once that is a batch's worth, another one is chosen; before a
    /// batch is full only after twice as much, so as not to leave half a batch behind.
    pub(crate) fn appended(
        &self,
        partition: i32,
        bytes: usize,
        batch_is_full: bool,
        loads: impl Fn() -> Vec<Load>,
    ) {
        if self.partition.load(Ordering::Relaxed) != partition {
            return;
        }
        let produced = self.produced.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if produced >= self.batch_size && (batch_is_full || produced >= 2 * self.batch_size) {
            self.switch(partition, &loads());
        }
    }

    fn switch(&self, from: i32, loads: &[Load]) -> i32 {
        let next = choose(loads, self.is_adaptive, random());
        match self.partition.compare_exchange(from, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => {
                self.produced.store(0, Ordering::Relaxed);
                next
            }
            // Somebody else was quicker.
            Err(other) => other,
        }
    }
}

/// One of the partitions with a leader, if any has one; the less waits for a partition, the likelier it is.
fn choose(loads: &[Load], is_adaptive: bool, random: u64) -> i32 {
    let any_leader = loads.iter().any(|load| load.has_leader);
    let candidates = || loads.iter().filter(|load| load.has_leader || !any_leader);
    let longest = candidates().map(|load| load.waiting).max().unwrap_or(0);
    let weight = |load: &Load| if is_adaptive { u64::from(longest + 1 - load.waiting) } else { 1 };
    let total: u64 = candidates().map(weight).sum();
    let mut ticket = random % total.max(1);
    for load in candidates() {
        match ticket.checked_sub(weight(load)) {
            Some(rest) => ticket = rest,
            None => return load.partition,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(partition: i32, has_leader: bool, waiting: u32) -> Load {
        Load { partition, has_leader, waiting }
    }

    #[test]
    fn short_queues_are_chosen_more_often() {
        let loads = [load(0, true, 0), load(1, true, 3), load(2, true, 1), load(3, false, 0)];
        let chosen: Vec<_> = (0..8).map(|ticket| choose(&loads, true, ticket)).collect();
        assert_eq!(chosen, [0, 0, 0, 0, 1, 2, 2, 2]);
        let evenly: Vec<_> = (0..4).map(|ticket| choose(&loads, false, ticket)).collect();
        assert_eq!(evenly, [0, 1, 2, 0]);
        assert_eq!(choose(&[load(0, false, 0), load(1, false, 0)], true, 1), 1);
        assert_eq!(choose(&[], true, 1), 0);
    }

    #[test]
    fn a_batch_is_filled_before_the_next_partition() {
        let sticky = Sticky::new(100, false);
        let both = || vec![load(0, true, 0), load(1, true, 0)];
        let first = sticky.current(both);
        let other = || vec![load(1 - first, true, 0)];
        sticky.appended(first, 99, true, other);
        assert_eq!(sticky.current(other), first);
        sticky.appended(first, 50, false, other);
        assert_eq!(sticky.current(other), first);
        sticky.appended(1 - first, 500, true, other);
        assert_eq!(sticky.current(other), first);
        sticky.appended(first, 51, false, other);
        assert_eq!(sticky.current(other), 1 - first);
    }
}
