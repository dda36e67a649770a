//! What consumers of a classic group subscribe to.

use std::collections::BTreeSet;

use bytes::{Buf, Bytes};
use ottla_wire::protocol::consumer_subscription::ConsumerProtocolSubscription;
use ottla_wire::{KafkaString, Message};

use super::ClassicGroup;

impl ClassicGroup {
    /// The topics of all members' subscriptions; none if they are not consumers or one cannot be read.
    pub(crate) fn read_subscribed_topics(&self) -> Option<BTreeSet<KafkaString>> {
        if !self.uses_consumer_protocol() {
            return None;
        }
        let mut all = BTreeSet::new();
        if self.members.is_empty() {
            return Some(all);
        }
        let protocol_name = self.protocol_name.as_deref()?;
        for member in self.members.values() {
            let Some(topics) = subscribed_topics(member.metadata(protocol_name)) else {
                tracing::warn!(group = %self.id, member = %member.id, "subscription cannot be read");
                return None;
            };
            for topic in topics {
                if !all.contains(&topic) {
                    all.insert(topic.detach());
                }
            }
        }
        Some(all)
    }
}

/// Reads a subscription by version 0, which every later version begins with, so that newer clients need no newer
/// coordinator.
fn subscribed_topics(mut metadata: Bytes) -> Option<Vec<KafkaString>> {
    metadata.try_get_i16().ok()?;
    ConsumerProtocolSubscription::decode_prefix(&mut metadata, 0).ok().map(|subscription| subscription.topics)
}
