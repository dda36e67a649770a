//! Partition assignors: how the leader of a classic group shares out partitions among its members.
//!
//! One file each, with the results of Kafka's own of the same name, so that members of both kinds may lead the
//! same group by turns. Where Kafka's result hangs on the order of a hash map, ours goes by the order of member
//! ids instead.

mod cooperative_sticky;
mod range;
mod round_robin;
mod sticky;
#[cfg(test)]
mod testing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bytes::Bytes;
use ottla_wire::KafkaString;

use super::TopicPartition;

pub use cooperative_sticky::CooperativeStickyAssignor;
pub use range::RangeAssignor;
pub use round_robin::RoundRobinAssignor;
pub use sticky::StickyAssignor;

/// What a group does with the partitions that members hold while it rebalances (KIP-429).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RebalanceProtocol {
    /// Members give up everything before they join.
    Eager,
    /// Members keep what they hold, and give up only what was given to another, which joins again to get it.
    Cooperative,
}

/// What a member asks for, as its leader learns it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberSubscription {
    /// Topics subscribed to.
    pub topics: Vec<KafkaString>,
    /// Opaque bytes of the member's assignor.
    pub user_data: Option<Bytes>,
    /// Partitions that the member holds and would like to keep.
    pub owned_partitions: Vec<TopicPartition>,
    /// Generation that gave the member what it holds, if it says so (KIP-792).
    pub generation_id: Option<i32>,
    /// Rack of the member (KIP-881).
    pub rack_id: Option<KafkaString>,
    /// Its name across restarts, for static members (KIP-345).
    pub group_instance_id: Option<KafkaString>,
}

/// The members of a group by member id.
pub type GroupSubscription = BTreeMap<KafkaString, MemberSubscription>;

/// What each member is given, by member id.
pub type GroupAssignment = BTreeMap<KafkaString, Vec<TopicPartition>>;

/// The racks that hold replicas of a partition; empty where replicas name none.
pub type PartitionRacks = BTreeSet<KafkaString>;

/// The partitions that can be given away: for each topic that exists the racks of partition 0, 1, and so on.
pub type AssignableTopics = BTreeMap<KafkaString, Vec<PartitionRacks>>;

/// Shares out partitions among the members of a group.
///
/// One of them lives as long as its consumer: some remember what they were given.
pub trait PartitionAssignor: fmt::Debug + Send {
    /// The name by which members agree on an assignor.
    fn name(&self) -> &'static str;

    /// The protocols that members with this assignor may follow, the best first.
    fn supported_protocols(&self) -> &'static [RebalanceProtocol] {
        &[RebalanceProtocol::Eager]
    }

    /// Bytes that a member adds to its subscription for the leader's assignor.
    fn subscription_user_data(&self) -> Option<Bytes> {
        None
    }

    /// Shares out the partitions of `topics`. Every member gets an entry, if only an empty one.
    fn assign(&mut self, topics: &AssignableTopics, group: &GroupSubscription) -> GroupAssignment;

    /// Told when this member has been given `partitions` in `generation`.
    fn on_assignment(&mut self, partitions: &[TopicPartition], generation: i32) {
        let _ = (partitions, generation);
    }
}

/// The assignor of Kafka with this name, or with the name of its Java class.
pub fn assignor_named(name: &str) -> Option<Box<dyn PartitionAssignor>> {
    const PACKAGE: &str = "org.apache.kafka.clients.consumer.";
    Some(match name.strip_prefix(PACKAGE).unwrap_or(name) {
        "range" | "RangeAssignor" => Box::new(RangeAssignor),
        "roundrobin" | "RoundRobinAssignor" => Box::new(RoundRobinAssignor),
        "sticky" | "StickyAssignor" => Box::new(StickyAssignor::default()),
        "cooperative-sticky" | "CooperativeStickyAssignor" => Box::new(CooperativeStickyAssignor::default()),
        _ => return None,
    })
}

/// Whether matching racks can help at all: members and replicas share some, and not every partition is on
/// all of the replicas' racks.
fn racks_matter<'a>(
    member_racks: &BTreeSet<&KafkaString>,
    mut partitions: impl Iterator<Item = &'a PartitionRacks> + Clone,
) -> bool {
    let all: BTreeSet<&KafkaString> = partitions.clone().flatten().collect();
    !member_racks.is_disjoint(&all) && !partitions.all(|racks| racks.len() == all.len())
}

/// The rack of a member, if it names one.
fn rack_of(member: &MemberSubscription) -> Option<&KafkaString> {
    member.rack_id.as_ref().filter(|rack| !rack.is_empty())
}

/// The order of members in assignors that go by it: static ones first, by instance id, then by member id.
fn member_order<'a>(
    id: &'a KafkaString,
    member: &'a MemberSubscription,
) -> (bool, &'a KafkaString, &'a KafkaString) {
    match &member.group_instance_id {
        Some(instance) => (false, instance, id),
        None => (true, id, id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignors_go_by_their_name_and_by_their_class() {
        for (name, class) in [
            ("range", "RangeAssignor"),
            ("roundrobin", "RoundRobinAssignor"),
            ("sticky", "StickyAssignor"),
            ("cooperative-sticky", "CooperativeStickyAssignor"),
        ] {
            let class = format!("org.apache.kafka.clients.consumer.{class}");
            assert_eq!(assignor_named(name).expect("known").name(), name);
            assert_eq!(assignor_named(&class).expect("known").name(), name);
        }
        assert!(assignor_named("sticky ").is_none());
    }
}
