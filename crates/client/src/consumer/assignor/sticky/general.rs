//! The general way, for members that subscribe to different topics: start from what members hold, then move
//! partition by partition as long as that balances better.

use std::collections::BTreeSet;

use super::super::GroupSubscription;
use super::movements::Movements;
use super::ownership::Ownership;
use super::racks::Racks;
use super::universe::{Member, Partition, Topic, Universe};
use super::{DEFAULT_GENERATION, MemberData};

/// An assignment under construction.
#[derive(Debug)]
pub(super) struct General<'a> {
    universe: &'a Universe<'a>,
    racks: &'a Racks<'a>,
    /// For each topic, its subscribers.
    subscribers: Vec<BTreeSet<Member>>,
    /// For each member, its topics that exist.
    topics: Vec<BTreeSet<Topic>>,
    assignment: Vec<Vec<Partition>>,
    owners: Vec<Option<Member>>,
    /// The members that can take part in moves, those with the least first.
    by_size: BTreeSet<(usize, Member)>,
    /// Who held a partition in the newest of older generations.
    previous: Vec<Option<(Member, i32)>>,
    /// Whether a member must give up something it held, because of its subscription or rack.
    revocation_required: bool,
    movements: Movements,
}

impl<'a> General<'a> {
    pub(super) fn assign(
        universe: &'a Universe<'a>,
        racks: &'a Racks<'a>,
        group: &GroupSubscription,
        ownership: Ownership,
        claims: &[MemberData],
        max_generation: i32,
    ) -> Vec<Vec<Partition>> {
        let mut builder = Self::new(universe, racks, group, ownership.owned);
        builder.remember_older_generations(claims, max_generation);
        let assigned = builder.keep_owned();
        builder.by_size = builder.assignment.iter().map(Vec::len).zip(0..).collect();
        let all = builder.all_partitions();
        let unassigned = all.iter().copied().filter(|partition| !assigned[*partition]).collect();
        builder.balance(all, unassigned);
        builder.assignment
    }

    fn new(
        universe: &'a Universe<'a>,
        racks: &'a Racks<'a>,
        group: &GroupSubscription,
        owned: Vec<Vec<Partition>>,
    ) -> Self {
        let topics: Vec<BTreeSet<Topic>> = group
            .values()
            .map(|member| member.topics.iter().filter_map(|topic| universe.topic(topic)).collect())
            .collect();
        let mut subscribers = vec![BTreeSet::new(); universe.topics.len()];
        for (member, topics) in topics.iter().enumerate() {
            for topic in topics {
                subscribers[*topic].insert(member);
            }
        }
        let mut owners = vec![None; universe.partitions_len()];
        for (member, owned) in owned.iter().enumerate() {
            for partition in owned {
                owners[*partition] = Some(member);
            }
        }
        Self {
            universe,
            racks,
            subscribers,
            topics,
            assignment: owned,
            owners,
            by_size: BTreeSet::new(),
            previous: vec![None; universe.partitions_len()],
            revocation_required: false,
            movements: Movements::default(),
        }
    }

    fn remember_older_generations(&mut self, claims: &[MemberData], max_generation: i32) {
        for (member, claim) in claims.iter().enumerate() {
            let generation = claim.generation.unwrap_or(DEFAULT_GENERATION);
            if generation >= max_generation {
                continue;
            }
            for partition in claim.partitions.iter().filter_map(|name| self.universe.partition(name)) {
                if self.previous[partition].is_none_or(|(_, known)| generation > known) {
                    self.previous[partition] = Some((member, generation));
                }
            }
        }
    }

    /// Takes from members what they may not have. Returns which partitions are kept.
    fn keep_owned(&mut self) -> Vec<bool> {
        let mut kept = vec![false; self.universe.partitions_len()];
        for (member, owned) in self.assignment.iter_mut().enumerate() {
            owned.retain(|partition| {
                let subscribed = self.topics[member].contains(&self.universe.topic_of(*partition));
                let keep = subscribed && !self.racks.mismatch(member, *partition);
                self.revocation_required |= !keep;
                kept[*partition] |= keep;
                keep
            });
        }
        kept
    }

    /// All partitions, those with the fewest potential owners first.
    fn all_partitions(&self) -> Vec<Partition> {
        let mut topics: Vec<Topic> = (0..self.universe.topics.len()).collect();
        topics.sort_by_key(|topic| self.subscribers[*topic].len());
        topics.into_iter().flat_map(|topic| self.universe.partitions_of(topic)).collect()
    }

    fn balance(&mut self, mut all: Vec<Partition>, mut unassigned: Vec<Partition>) {
        let initializing = self.by_size.last().is_none_or(|(largest, _)| *largest == 0);
        let mut left = unassigned.clone();
        if self.racks.matter() {
            left.retain(|partition| !self.assign_to_smallest(*partition, true));
        }
        for partition in left {
            self.assign_to_smallest(partition, false);
        }

        let movable = |partition: &Partition| self.subscribers[self.universe.topic_of(*partition)].len() >= 2;
        all.retain(movable);
        unassigned.retain(movable);
        self.leave_out_fixed_members();

        let before = (self.assignment.clone(), self.owners.clone());
        if !self.revocation_required {
            self.reassign(&unassigned);
        }
        let moved = self.reassign(&all);
        if !initializing && moved && self.imbalance(&self.assignment) >= self.imbalance(&before.0) {
            (self.assignment, self.owners) = before;
        }
    }

    /// Gives the partition to the subscriber that has least, if one is there (and near, if asked for).
    fn assign_to_smallest(&mut self, partition: Partition, near: bool) -> bool {
        let topic = self.universe.topic_of(partition);
        let fits = |(_, member): &&(usize, Member)| {
            self.subscribers[topic].contains(member) && !(near && self.racks.mismatch(*member, partition))
        };
        let Some((_, member)) = self.by_size.iter().find(fits).copied() else { return false };
        self.by_size.remove(&(self.assignment[member].len(), member));
        self.assignment[member].push(partition);
        self.owners[partition] = Some(member);
        self.by_size.insert((self.assignment[member].len(), member));
        true
    }

    /// Members with all that they can have, and nothing that another could have, take part in no move.
    fn leave_out_fixed_members(&mut self) {
        for member in 0..self.assignment.len() {
            let owned = &self.assignment[member];
            let most: usize =
                self.topics[member].iter().map(|topic| self.universe.partitions_of(*topic).len()).sum();
            let shared =
                |partition: &Partition| self.subscribers[self.universe.topic_of(*partition)].len() >= 2;
            if owned.len() >= most && !owned.iter().any(shared) {
                self.by_size.remove(&(owned.len(), member));
            }
        }
    }

    fn takes_part(&self, member: Member) -> bool {
        self.by_size.contains(&(self.assignment[member].len(), member))
    }

    /// The sum of the differences between any two members that take part.
    fn imbalance(&self, assignment: &[Vec<Partition>]) -> usize {
        let mut sizes: Vec<usize> =
            self.by_size.iter().map(|(_, member)| assignment[*member].len()).collect();
        sizes.sort_unstable();
        let (mut score, mut sum) = (0, 0);
        for (count, size) in sizes.into_iter().enumerate() {
            score += size * count - sum;
            sum += size;
        }
        score
    }

    /// Moves partitions until nothing gets better. Returns whether any moved.
    fn reassign(&mut self, partitions: &[Partition]) -> bool {
        let mut any = false;
        loop {
            let mut moved = false;
            for partition in partitions {
                if self.is_balanced() {
                    break;
                }
                moved |= self.maybe_move(*partition);
            }
            any |= moved;
            if !moved {
                return any;
            }
        }
    }

    /// Whether no member could take a partition of one that has at least two more.
    fn is_balanced(&self) -> bool {
        let (Some((min, _)), Some((max, _))) = (self.by_size.first(), self.by_size.last()) else {
            return true;
        };
        if *min + 1 >= *max {
            return true;
        }
        let mut largest_owner = vec![0; self.universe.topics.len()];
        for (size, member) in &self.by_size {
            for partition in &self.assignment[*member] {
                let largest = &mut largest_owner[self.universe.topic_of(*partition)];
                *largest = (*size).max(*largest);
            }
        }
        let could_take = |(size, member): &(usize, Member)| {
            self.topics[*member].iter().any(|topic| size + 1 < largest_owner[*topic])
        };
        !self.by_size.iter().any(could_take)
    }

    fn maybe_move(&mut self, partition: Partition) -> bool {
        let Some(owner) = self.owners[partition] else { return false };
        let topic = self.universe.topic_of(partition);
        let size = self.assignment[owner].len();
        let much_smaller = |member: &Member| size > self.assignment[*member].len() + 1;
        let previous = self.previous[partition].map(|(member, _)| member).filter(|member| {
            // Kafka does not ask whether the member still may have it.
            self.subscribers[topic].contains(member) && self.takes_part(*member) && much_smaller(member)
        });
        let to = previous.or_else(|| {
            let smallest = self.by_size.iter().find(|(_, member)| self.subscribers[topic].contains(member));
            smallest.map(|(_, member)| *member).filter(much_smaller)
        });
        let Some(to) = to else { return false };
        self.move_to(self.movements.better(topic, partition, owner, to), to);
        true
    }

    fn move_to(&mut self, partition: Partition, to: Member) {
        let Some(from) = self.owners[partition] else { return };
        self.movements.record(self.universe.topic_of(partition), partition, from, to);
        for member in [from, to] {
            self.by_size.remove(&(self.assignment[member].len(), member));
        }
        self.assignment[from].retain(|owned| *owned != partition);
        self.assignment[to].push(partition);
        self.owners[partition] = Some(to);
        for member in [from, to] {
            self.by_size.insert((self.assignment[member].len(), member));
        }
    }
}
