//! The quick way, for members that all subscribe to the same topics: every member is due the same number of
//! partitions, or one more.

use std::collections::{BTreeMap, BTreeSet};

use super::ownership::Ownership;
use super::racks::Racks;
use super::universe::{Member, Partition, Universe};

/// An assignment under construction.
#[derive(Debug)]
pub(super) struct Constrained<'a> {
    universe: &'a Universe<'a>,
    racks: &'a Racks<'a>,
    claimed_twice: BTreeSet<Partition>,
    assignment: Vec<Vec<Partition>>,
    /// What members held and may lose.
    maybe_revoked: BTreeMap<Partition, Member>,
    /// Partitions that each member gets at least, and at most.
    min_quota: usize,
    max_quota: usize,
    /// How many more members may get more than `min_quota`.
    members_over_min_left: usize,
    /// Members with less than `min_quota`.
    under_min: Vec<Member>,
    /// Members with exactly `min_quota` that may get one more.
    at_min: Vec<Member>,
    transferring: BTreeMap<Partition, Member>,
}

/// What each member gets, and which partitions of that another member must first give up.
pub(super) type ConstrainedAssignment = (Vec<Vec<Partition>>, BTreeMap<Partition, Member>);

impl<'a> Constrained<'a> {
    pub(super) fn assign(
        universe: &'a Universe<'a>,
        racks: &'a Racks<'a>,
        ownership: Ownership,
    ) -> ConstrainedAssignment {
        let (partitions, members) = (universe.partitions_len(), universe.members.len());
        let mut builder = Self {
            universe,
            racks,
            claimed_twice: ownership.claimed_twice,
            assignment: vec![Vec::new(); members],
            maybe_revoked: BTreeMap::new(),
            min_quota: partitions / members,
            max_quota: partitions.div_ceil(members),
            members_over_min_left: partitions % members,
            under_min: Vec::new(),
            at_min: Vec::new(),
            transferring: BTreeMap::new(),
        };
        for (member, owned) in ownership.owned.into_iter().enumerate() {
            builder.keep_owned(member, owned);
        }
        let mut unassigned = builder.unassigned();
        racks.sort_by_members(&mut unassigned);
        if racks.matter() {
            unassigned = builder.assign_near(unassigned);
        }
        builder.assign_in_turn(unassigned);
        (builder.assignment, builder.transferring)
    }

    /// Lets the member keep what it holds, up to what it is due.
    fn keep_owned(&mut self, member: Member, mut owned: Vec<Partition>) {
        owned.retain(|partition| {
            let mismatch = self.racks.mismatch(member, *partition);
            if mismatch {
                self.maybe_revoked.insert(*partition, member);
            }
            !mismatch && !self.claimed_twice.contains(partition)
        });
        owned.sort_by_key(|partition| (self.universe.number_of(*partition), *partition));
        let keep = if owned.len() < self.min_quota {
            self.under_min.push(member);
            owned.len()
        } else if owned.len() >= self.max_quota && self.members_over_min_left > 0 {
            self.one_more_is_over_min();
            self.max_quota
        } else {
            if self.members_over_min_left > 0 {
                self.at_min.push(member);
            }
            self.min_quota
        };
        for partition in owned.split_off(keep) {
            self.maybe_revoked.insert(partition, member);
        }
        self.assignment[member] = owned;
    }

    fn one_more_is_over_min(&mut self) {
        self.members_over_min_left -= 1;
        if self.members_over_min_left == 0 {
            self.at_min.clear();
        }
    }

    fn unassigned(&self) -> Vec<Partition> {
        let mut assigned = vec![false; self.universe.partitions_len()];
        for partition in self.assignment.iter().flatten() {
            assigned[*partition] = true;
        }
        (0..assigned.len()).filter(|partition| !assigned[*partition]).collect()
    }

    /// Gives partitions to members on their racks, in turn, as far as members there are due some. Returns the
    /// other partitions.
    fn assign_near(&mut self, mut unassigned: Vec<Partition>) -> Vec<Partition> {
        self.under_min.sort_unstable();
        self.at_min.sort_unstable();
        let mut next = 0;
        unassigned.retain(|partition| {
            if let Some(index) = self.racks.next_near(*partition, &self.under_min, next) {
                next = self.assign_to_under_min(*partition, index);
                return false;
            }
            let Some(index) = self.racks.next_near(*partition, &self.at_min, 0) else { return true };
            let member = self.at_min[index];
            if self.assignment[member].len() + 1 == self.max_quota {
                self.at_min.remove(index);
                self.one_more_is_over_min();
            }
            self.give(*partition, member);
            false
        });
        unassigned
    }

    /// Gives to the member at `index` of those under the minimum; returns the index whose turn is next.
    fn assign_to_under_min(&mut self, partition: Partition, index: usize) -> usize {
        let member = self.under_min[index];
        let count = self.give(partition, member);
        if count < self.min_quota {
            return (index + 1) % self.under_min.len();
        }
        self.under_min.remove(index);
        if count < self.max_quota && self.members_over_min_left > 0 {
            self.at_min.push(member);
        }
        if self.under_min.is_empty() { 0 } else { index % self.under_min.len() }
    }

    /// Gives partitions to the members under the minimum in turn, then one more each to those at it.
    fn assign_in_turn(&mut self, unassigned: Vec<Partition>) {
        self.under_min.sort_unstable();
        if !self.racks.matter() {
            self.at_min.sort_unstable();
        }
        let mut turn = 0;
        let mut at_min = std::collections::VecDeque::from(std::mem::take(&mut self.at_min));
        for partition in unassigned {
            if self.under_min.is_empty() {
                let member = at_min.pop_front().expect("quotas add up to the number of partitions");
                self.give(partition, member);
                continue;
            }
            if turn == self.under_min.len() {
                turn = 0;
            }
            let member = self.under_min[turn];
            if self.give(partition, member) == self.min_quota {
                self.under_min.remove(turn);
                at_min.push_back(member);
            } else {
                turn += 1;
            }
        }
    }

    /// Returns how many partitions the member has now.
    fn give(&mut self, partition: Partition, member: Member) -> usize {
        let held_by_other = self.maybe_revoked.get(&partition).is_some_and(|owner| *owner != member);
        if held_by_other || self.claimed_twice.contains(&partition) {
            self.transferring.insert(partition, member);
        }
        self.assignment[member].push(partition);
        self.assignment[member].len()
    }
}
