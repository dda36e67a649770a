//! Which protocols members have in common, and which they choose.

use std::collections::BTreeMap;

use ottla_wire::KafkaString;

use super::{Member, Protocol};
use crate::java::hash_map_bucket;

/// How many members support each protocol.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SupportedProtocols(BTreeMap<KafkaString, usize>);

impl SupportedProtocols {
    pub(super) fn add(&mut self, protocols: &[Protocol]) {
        for protocol in protocols {
            *self.0.entry(protocol.name.clone()).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, protocols: &[Protocol]) {
        for protocol in protocols {
            if let Some(count) = self.0.get_mut(&protocol.name) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(&protocol.name);
                }
            }
        }
    }

    /// Whether one of `protocols` is supported by all of so many members.
    pub(super) fn any_common(&self, protocols: &[Protocol], members: usize) -> bool {
        protocols.iter().any(|protocol| self.0.get(&protocol.name).copied().unwrap_or(0) == members)
    }

    /// The protocol with the most votes: each member votes for the first of its protocols that all support.
    ///
    /// Of several, it is the one that Kafka comes across first.
    pub(super) fn elect<'a>(&self, members: impl ExactSizeIterator<Item = &'a Member>) -> KafkaString {
        let everyone = members.len();
        let is_common = |protocol: &&Protocol| self.0.get(&protocol.name) == Some(&everyone);
        let mut votes: BTreeMap<&KafkaString, usize> = BTreeMap::new();
        for member in members {
            if let Some(choice) = member.protocols.iter().find(is_common) {
                *votes.entry(&choice.name).or_default() += 1;
            }
        }
        let candidates = votes.len();
        let most = votes.values().copied().max().unwrap_or(0);
        votes
            .into_iter()
            .filter(|(_, count)| *count == most)
            .min_by_key(|(name, _)| hash_map_bucket(name, candidates))
            .map(|(name, _)| name.clone())
            .unwrap_or_default()
    }
}
