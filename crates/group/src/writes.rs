//! What follows when a write is done.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_wire::KafkaString;

use crate::classic::Protocol;
use crate::outcome::Response;
use crate::record::GroupRecord;

/// Records of groups to append.
pub type Write = ottla_coordinator::Write<GroupRecord>;

/// Writes under way.
pub(crate) type Writes = ottla_coordinator::Writes<Completion, Response>;

/// What follows a write.
#[derive(Debug)]
pub(crate) enum Completion {
    /// Nothing: the records are replayed once they are appended.
    Replay,
    /// Nothing; the group is in the state that was written already, and stays in it if that could not be.
    Done,
    /// A group that came to be goes again if it could not be written.
    NewGroup(KafkaString),
    /// The members of a generation get their assignments.
    Assignment { group: KafkaString, generation: i32, assignments: BTreeMap<KafkaString, Bytes> },
    /// A static member that has come back is let in, or is its former self again.
    StaticMember(Box<StaticMember>),
}

/// A static member that has come back under another member id, while its group is stable.
#[derive(Debug)]
pub(crate) struct StaticMember {
    pub(crate) group: KafkaString,
    pub(crate) instance_id: KafkaString,
    pub(crate) new_id: KafkaString,
    pub(crate) old_id: KafkaString,
    pub(crate) old_protocols: Vec<Protocol>,
    pub(crate) old_rebalance_timeout_ms: i32,
    pub(crate) old_session_timeout_ms: i32,
    /// The leader before; an old client that reads its own id there would assign again.
    pub(crate) former_leader: Option<KafkaString>,
    /// The client knows that a leader may be told not to assign (KIP-814).
    pub(crate) supports_skipping_assignment: bool,
}
