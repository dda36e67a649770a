//! What members hold already, as far as their claims can be believed.

use std::collections::BTreeSet;

use tracing::warn;

use super::super::GroupSubscription;
use super::universe::{Member, Partition, Universe};
use super::{DEFAULT_GENERATION, MemberData};

/// The claims of all members, with conflicts resolved.
#[derive(Debug)]
pub(super) struct Ownership {
    /// Whether all members subscribe to the same topics.
    pub(super) subscriptions_equal: bool,
    /// What each member holds.
    pub(super) owned: Vec<Vec<Partition>>,
    /// Claimed by two members of one generation, so held by none.
    pub(super) claimed_twice: BTreeSet<Partition>,
    /// The newest generation that any member knows.
    pub(super) max_generation: i32,
}

impl Ownership {
    pub(super) fn of(universe: &Universe<'_>, group: &GroupSubscription, claims: &[MemberData]) -> Self {
        let mut ownership = Self {
            subscriptions_equal: subscriptions_equal(group),
            owned: vec![Vec::new(); claims.len()],
            claimed_twice: BTreeSet::new(),
            max_generation: DEFAULT_GENERATION,
        };
        // Kafka compares a claim's generation to what the other's subscription says, not to its user data.
        let stated: Vec<i32> =
            group.values().map(|member| member.generation_id.unwrap_or(DEFAULT_GENERATION)).collect();
        let mut owners: Vec<Option<Member>> = vec![None; universe.partitions_len()];
        for (member, claim) in claims.iter().enumerate() {
            let generation = claim.generation.unwrap_or(DEFAULT_GENERATION);
            ownership.max_generation = ownership.max_generation.max(generation);
            for partition in claim.partitions.iter().filter_map(|partition| universe.partition(partition)) {
                let Some(other) = owners[partition] else {
                    owners[partition] = Some(member);
                    ownership.owned[member].push(partition);
                    continue;
                };
                warn!(
                    partition = %universe.name(partition), member = %universe.members[member], generation,
                    other = %universe.members[other], other_generation = stated[other],
                    "two members claim a partition; the newer generation keeps it, or none of one generation"
                );
                if generation < stated[other] {
                    continue;
                }
                ownership.owned[other].retain(|owned| *owned != partition);
                owners[partition] = Some(member);
                if generation == stated[other] {
                    ownership.claimed_twice.insert(partition);
                } else {
                    ownership.owned[member].push(partition);
                }
            }
        }
        ownership
    }
}

fn subscriptions_equal(group: &GroupSubscription) -> bool {
    let mut sets = group.values().map(|member| member.topics.iter().collect::<BTreeSet<_>>());
    let Some(first) = sets.next() else { return true };
    sets.all(|topics| topics == first)
}
