//! The cooperative sticky assignor: sticky, for members that keep what they hold while the group rebalances.
//!
//! A partition that moves is left out of the assignment, so that its holder gives it up; the rebalance that
//! follows gives it to the other member (KIP-429).

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use ottla_wire::KafkaString;

use super::sticky::{DEFAULT_GENERATION, MemberData, Stickiness};
use super::{
    AssignableTopics, GroupAssignment, GroupSubscription, MemberSubscription, PartitionAssignor,
    RebalanceProtocol,
};
use crate::consumer::TopicPartition;

/// Balances and keeps what was, with members that go on meanwhile.
#[derive(Clone, Debug)]
pub struct CooperativeStickyAssignor {
    stickiness: Stickiness,
    /// The generation that gave this member what it holds.
    generation: i32,
}

impl Default for CooperativeStickyAssignor {
    fn default() -> Self {
        Self { stickiness: Stickiness::default(), generation: DEFAULT_GENERATION }
    }
}

impl PartitionAssignor for CooperativeStickyAssignor {
    fn name(&self) -> &'static str {
        "cooperative-sticky"
    }

    fn supported_protocols(&self) -> &'static [RebalanceProtocol] {
        &[RebalanceProtocol::Cooperative, RebalanceProtocol::Eager]
    }

    /// The generation, for leaders that read subscriptions of old versions only.
    fn subscription_user_data(&self) -> Option<Bytes> {
        let mut bytes = BytesMut::with_capacity(4);
        bytes.put_i32(self.generation);
        Some(bytes.freeze())
    }

    fn assign(&mut self, topics: &AssignableTopics, group: &GroupSubscription) -> GroupAssignment {
        let (mut assignment, transferring) = self.stickiness.assign(topics, group, member_data);
        let transferring = transferring.unwrap_or_else(|| transferring_of(group, &assignment));
        for (partition, member) in transferring {
            if let Some(partitions) = assignment.get_mut(&member) {
                partitions.retain(|given| *given != partition);
            }
        }
        assignment
    }

    fn on_assignment(&mut self, _partitions: &[TopicPartition], generation: i32) {
        self.generation = generation;
    }
}

fn member_data(member: &MemberSubscription) -> MemberData {
    let from_user_data =
        || member.user_data.as_ref().map(|bytes| bytes.as_ref().try_get_i32().unwrap_or(DEFAULT_GENERATION));
    MemberData {
        partitions: member.owned_partitions.clone(),
        generation: member.generation_id.or_else(from_user_data),
    }
}

/// The partitions that one member holds and another is given.
fn transferring_of(
    group: &GroupSubscription,
    assignment: &GroupAssignment,
) -> BTreeMap<TopicPartition, KafkaString> {
    let mut added = BTreeMap::new();
    let mut revoked = BTreeSet::new();
    for (id, member) in group {
        let owned: BTreeSet<_> = member.owned_partitions.iter().collect();
        let given: BTreeSet<_> = assignment.get(id).into_iter().flatten().collect();
        added.extend(given.difference(&owned).map(|partition| ((*partition).clone(), id.clone())));
        revoked.extend(owned.difference(&given).map(|partition| (*partition).clone()));
    }
    added.retain(|partition, _| revoked.contains(partition));
    added
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::assignor::testing::{Group, check, topics};

    fn assign(topics: &AssignableTopics, group: &Group) -> String {
        group.assign(&mut CooperativeStickyAssignor::default(), topics)
    }

    #[test]
    fn what_moves_is_left_out_at_first() {
        let topics = topics(&[("t", 4)]);
        let group = Group::default().member("a", &["t"]).owns(1, "t-0 t-1 t-2 t-3").member("b", &["t"]);
        check(&assign(&topics, &group), "a: t-0 t-1\nb:\n");
        let group = Group::default().member("a", &["t"]).owns(2, "t-0 t-1").member("b", &["t"]).owns(2, "");
        check(&assign(&topics, &group), "a: t-0 t-1\nb: t-2 t-3\n");
    }

    #[test]
    fn what_moves_is_left_out_with_different_subscriptions_too() {
        let topics = topics(&[("t", 4), ("u", 1)]);
        let group = Group::default()
            .member("a", &["t"])
            .owns(1, "t-0 t-1 t-2 t-3")
            .member("b", &["t", "u"])
            .owns(1, "");
        check(&assign(&topics, &group), "a: t-1 t-2 t-3\nb: u-0\n");
    }

    #[test]
    fn the_generation_is_in_the_user_data() {
        let mut assignor = CooperativeStickyAssignor::default();
        assert_eq!(assignor.subscription_user_data().as_deref(), Some(&[0xff; 4][..]));
        assignor.on_assignment(&[], 7);
        assert_eq!(assignor.subscription_user_data().as_deref(), Some(&[0, 0, 0, 7][..]));
        let old = MemberSubscription { user_data: assignor.subscription_user_data(), ..Default::default() };
        assert_eq!(member_data(&old).generation, Some(7));
        let hostile = MemberSubscription { user_data: Some(Bytes::from_static(b"x")), ..Default::default() };
        assert_eq!(member_data(&hostile).generation, Some(-1));
    }
}
