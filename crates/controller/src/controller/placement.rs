//! Where the replicas of new partitions go: striped over racks and brokers from a random start, so that each rack gets its share and
//! leaders are spread evenly. Fenced brokers get followers only, and only where there are not enough others.

use std::collections::BTreeMap;
use std::sync::Arc;

use ottla_wire::{ErrorCode, KafkaString};

use super::error::ApiError;
use super::options::RandomBytes;
use crate::image::{BrokerRegistration, ClusterImage};

/// Where to place the partitions of one request.
pub(crate) struct Placer<'a> {
    random: &'a mut RandomBytes,
    racks: Vec<Rack>,
    brokers: usize,
    unfenced: usize,
    /// How many partitions were placed since the last shuffle.
    epoch: usize,
    /// The rack that the next partition's leader comes from.
    offset: usize,
}

#[derive(Default)]
struct Rack {
    unfenced: Stripe,
    fenced: Stripe,
}

/// Brokers that take turns: each partition begins one further.
#[derive(Default)]
struct Stripe {
    brokers: Vec<i32>,
    epoch: usize,
    index: usize,
    offset: usize,
}

impl<'a> Placer<'a> {
    /// Places on the brokers of a cluster that are not stopping and have a directory open to new replicas.
    pub(crate) fn new(cluster: &ClusterImage, random: &'a mut RandomBytes) -> Self {
        let is_usable = |broker: &&Arc<BrokerRegistration>| {
            let is_stopping = broker.in_controlled_shutdown && !broker.fenced;
            !is_stopping && broker.has_uncordoned_directory()
        };
        let usable = cluster.brokers.values().filter(is_usable);
        let brokers = usable.map(|broker| (broker.id, broker.rack.clone(), broker.fenced));
        Self::over(brokers, random)
    }

    /// Places on these brokers: id, rack, and whether it is fenced.
    fn over(
        brokers: impl IntoIterator<Item = (i32, Option<KafkaString>, bool)>,
        random: &'a mut RandomBytes,
    ) -> Self {
        let mut by_rack: BTreeMap<Option<KafkaString>, Rack> = BTreeMap::new();
        for (id, rack, is_fenced) in brokers {
            let rack = by_rack.entry(rack).or_default();
            let stripe = if is_fenced { &mut rack.fenced } else { &mut rack.unfenced };
            stripe.brokers.push(id);
        }
        let mut racks: Vec<Rack> = by_rack.into_values().collect();
        for rack in &mut racks {
            rack.fenced.offset = below(rack.fenced.brokers.len(), random);
            rack.unfenced.offset = below(rack.unfenced.brokers.len(), random);
        }
        let unfenced = racks.iter().map(|rack| rack.unfenced.brokers.len()).sum();
        let fenced: usize = racks.iter().map(|rack| rack.fenced.brokers.len()).sum();
        let offset = below(racks.len(), random);
        Self { random, racks, brokers: unfenced + fenced, unfenced, epoch: 0, offset }
    }

    /// The replicas of `partitions` new partitions, the leader of each first.
    pub(crate) fn place(
        &mut self,
        partitions: usize,
        replication_factor: i16,
    ) -> Result<Vec<Vec<i32>>, ApiError> {
        let refused = |message: String| Err(ApiError::new(ErrorCode::InvalidReplicationFactor, message));
        let Some(replicas) = usize::try_from(replication_factor).ok().filter(|&factor| factor > 0) else {
            return refused(format!(
                "Invalid replication factor {replication_factor}: the replication factor must be positive."
            ));
        };
        if self.unfenced == 0 {
            return refused(
                "All brokers are currently fenced, or have all their log directories cordoned.".to_owned(),
            );
        }
        if replicas > self.brokers {
            return refused(format!(
                "The target replication factor of {replicas} cannot be reached because only {} broker(s) are \
                 registered or some brokers have all their log directories cordoned.",
                self.brokers
            ));
        }
        Ok((0..partitions).map(|_| self.place_one(replicas)).collect())
    }

    fn place_one(&mut self, replicas: usize) -> Vec<i32> {
        // Every start was used: begin from others. A single broker would start over for ever.
        if self.epoch == self.unfenced && self.unfenced > 1 {
            self.shuffle();
            self.epoch = 0;
        }
        if self.offset == self.racks.len() {
            self.offset = 0;
        }
        let (epoch, count) = (self.epoch, self.racks.len());
        let mut placed = Vec::with_capacity(replicas);
        let mut leaders_rack = self.offset;
        while placed.is_empty() {
            match self.racks[leaders_rack].unfenced.next(epoch) {
                Some(broker) => placed.push(broker),
                None => leaders_rack = (leaders_rack + 1) % count,
            }
        }
        // The leader's rack is passed over once, in the round in which it has had its turn already.
        let mut skip = Some(leaders_rack);
        let mut rack = self.offset;
        while placed.len() < replicas {
            if skip == Some(rack) {
                skip = None;
            } else if let Some(broker) = self.racks[rack].next(epoch) {
                placed.push(broker);
            }
            rack = (rack + 1) % count;
        }
        self.epoch += 1;
        self.offset += 1;
        placed
    }

    fn shuffle(&mut self) {
        shuffle(&mut self.racks, self.random);
        for rack in &mut self.racks {
            shuffle(&mut rack.fenced.brokers, self.random);
            shuffle(&mut rack.unfenced.brokers, self.random);
        }
    }
}

/// The replicas that a controller would give to so many partitions of a new topic, if the cluster had these brokers: id and rack.
///
/// # Errors
///
/// There are not as many brokers as each partition is to have replicas, in the controller's words.
pub fn place_replicas(
    brokers: impl IntoIterator<Item = (i32, Option<KafkaString>)>,
    partitions: usize,
    replication_factor: i16,
    random: &mut RandomBytes,
) -> Result<Vec<Vec<i32>>, String> {
    let brokers = brokers.into_iter().map(|(id, rack)| (id, rack, false));
    let placed = Placer::over(brokers, random).place(partitions, replication_factor);
    placed.map_err(|error| error.message.unwrap_or_else(|| error.code.message().to_owned()))
}

impl Rack {
    fn next(&mut self, epoch: usize) -> Option<i32> {
        self.unfenced.next(epoch).or_else(|| self.fenced.next(epoch))
    }
}

impl Stripe {
    /// The next broker of this turn; none once each had one.
    fn next(&mut self, epoch: usize) -> Option<i32> {
        let count = self.brokers.len();
        if count == 0 {
            return None;
        }
        if self.epoch != epoch {
            self.epoch = epoch;
            self.index = 0;
            self.offset = (self.offset + 1) % count;
        }
        if self.index >= count {
            return None;
        }
        let broker = self.brokers[(self.index + self.offset) % count];
        self.index += 1;
        Some(broker)
    }
}

/// A random number below `count`; 0 if that is 0.
fn below(count: usize, random: &mut RandomBytes) -> usize {
    if count == 0 { 0 } else { (u128::from_be_bytes(random()) % count as u128) as usize }
}

fn shuffle<T>(items: &mut [T], random: &mut RandomBytes) {
    for index in (1..items.len()).rev() {
        items.swap(index, below(index + 1, random));
    }
}
