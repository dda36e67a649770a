//! A member of a classic group.

use bytes::Bytes;
use ottla_wire::KafkaString;
use ottla_wire::api::join_group::JoinGroupRequestProtocol;

use crate::Token;

/// A strategy that a member can follow, with what it tells the leader about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocol {
    /// Name of the strategy.
    pub name: KafkaString,
    /// Subscription for this strategy, which only clients understand.
    pub metadata: Bytes,
}

impl Protocol {
    /// What the member sent, in memory of its own.
    pub(crate) fn from_request(protocols: &[JoinGroupRequestProtocol]) -> Vec<Self> {
        protocols
            .iter()
            .map(|protocol| Self {
                name: protocol.name.detach(),
                metadata: Bytes::copy_from_slice(&protocol.metadata),
            })
            .collect()
    }
}

/// A member of a classic group.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The id that the coordinator gave it.
    pub id: KafkaString,
    /// Static name; none for a dynamic member.
    pub instance_id: Option<KafkaString>,
    /// Its client id.
    pub client_id: KafkaString,
    /// Address that it connected from.
    pub client_host: KafkaString,
    /// Milliseconds that it gets to join when the group rebalances.
    pub rebalance_timeout_ms: i32,
    /// Milliseconds without a sign of life after which it is dropped.
    pub session_timeout_ms: i32,
    /// Strategies on offer, most preferred first.
    pub protocols: Vec<Protocol>,
    /// What the leader gave it.
    pub assignment: Bytes,
    /// JoinGroup request that waits for the end of the join phase.
    pub awaiting_join: Option<Token>,
    /// SyncGroup request that waits for the leader's assignment.
    pub awaiting_sync: Option<Token>,
    /// It has not been through a join phase yet, so that waiting in one is no sign of life.
    pub is_new: bool,
}

impl Member {
    /// What it says about itself under this protocol; empty for one that it does not know.
    pub fn metadata(&self, protocol_name: &str) -> Bytes {
        let protocol = self.protocols.iter().find(|protocol| protocol.name == protocol_name);
        protocol.map(|protocol| protocol.metadata.clone()).unwrap_or_default()
    }

    /// Whether waiting for others excuses it from heartbeats.
    pub(crate) fn has_satisfied_heartbeat(&self) -> bool {
        !self.is_new && (self.awaiting_join.is_some() || self.awaiting_sync.is_some())
    }

    pub(crate) fn is_static(&self) -> bool {
        self.instance_id.is_some()
    }
}
