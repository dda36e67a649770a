//! The moves of partitions between members during one assignment, so that none goes back and forth.

use std::collections::{BTreeMap, BTreeSet};

use super::universe::{Member, Partition, Topic};

/// From which member to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Route {
    from: Member,
    to: Member,
}

/// Where each partition that moved came from at first and is now.
#[derive(Debug, Default)]
pub(super) struct Movements {
    routes: BTreeMap<Partition, Route>,
    moved: BTreeMap<(Topic, Route), BTreeSet<Partition>>,
}

impl Movements {
    /// Notes that the partition moves. Two moves in a row are one; a move back is none.
    pub(super) fn record(&mut self, topic: Topic, partition: Partition, from: Member, to: Member) {
        let from = match self.routes.remove(&partition) {
            None => from,
            Some(route) => {
                self.forget(topic, partition, route);
                route.from
            }
        };
        if from != to {
            let route = Route { from, to };
            self.routes.insert(partition, route);
            self.moved.entry((topic, route)).or_default().insert(partition);
        }
    }

    fn forget(&mut self, topic: Topic, partition: Partition, route: Route) {
        if let Some(partitions) = self.moved.get_mut(&(topic, route)) {
            partitions.remove(&partition);
            if partitions.is_empty() {
                self.moved.remove(&(topic, route));
            }
        }
    }

    /// The partition to move instead of `partition`: one of the same topic that came the other way, if there
    /// is one.
    pub(super) fn better(&self, topic: Topic, partition: Partition, from: Member, to: Member) -> Partition {
        let origin = self.routes.get(&partition).map_or(from, |route| route.from);
        let reverse = Route { from: to, to: origin };
        let back = self.moved.get(&(topic, reverse)).and_then(BTreeSet::first);
        back.copied().unwrap_or(partition)
    }
}
