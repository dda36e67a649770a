//! Which members are near to which partitions.

use std::collections::BTreeSet;

use ottla_wire::KafkaString;

use super::super::{GroupSubscription, rack_of, racks_matter};
use super::universe::{Member, Partition, Universe};

/// Racks of members and partitions; of no effect if they do not matter.
#[derive(Debug)]
pub(super) struct Racks<'a> {
    universe: &'a Universe<'a>,
    /// The rack of each member; empty if racks do not matter.
    members: Vec<Option<&'a KafkaString>>,
}

impl<'a> Racks<'a> {
    pub(super) fn new(universe: &'a Universe<'a>, group: &'a GroupSubscription) -> Self {
        let members: Vec<_> = group.values().map(rack_of).collect();
        let distinct: BTreeSet<_> = members.iter().copied().flatten().collect();
        let partitions = (0..universe.partitions_len()).map(|partition| universe.racks_of(partition));
        let matter = !distinct.is_empty() && racks_matter(&distinct, partitions);
        Self { universe, members: if matter { members } else { Vec::new() } }
    }

    pub(super) fn matter(&self) -> bool {
        !self.members.is_empty()
    }

    /// Whether the member has a rack and the partition no replica there.
    pub(super) fn mismatch(&self, member: Member, partition: Partition) -> bool {
        let rack = self.members.get(member).copied().flatten();
        rack.is_some_and(|rack| !self.universe.racks_of(partition).contains(rack))
    }

    /// Sorts by how many members are on a rack of the partition, the fewest first.
    pub(super) fn sort_by_members(&self, partitions: &mut [Partition]) {
        if !self.matter() {
            return;
        }
        let members_near = |partition: &Partition| {
            let racks = self.universe.racks_of(*partition);
            self.members.iter().flatten().filter(|rack| racks.contains(**rack)).count()
        };
        partitions.sort_by_cached_key(members_near);
    }

    /// The index of the first member on a rack of the partition, from index `first` on and around.
    pub(super) fn next_near(&self, partition: Partition, members: &[Member], first: usize) -> Option<usize> {
        let racks = self.universe.racks_of(partition);
        (0..members.len()).map(|step| (first + step) % members.len()).find(|index| {
            let rack = self.members.get(members[*index]).copied().flatten();
            rack.is_some_and(|rack| racks.contains(rack))
        })
    }
}
