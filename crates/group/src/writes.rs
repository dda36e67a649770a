//! Writes under way, and what follows when they are done.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use ottla_record::{EndTxnMarker, ProducerId};
use ottla_wire::KafkaString;

use crate::classic::Protocol;
use crate::outcome::Reply;
use crate::record::GroupRecord;

/// Number of a write; later ones are higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WriteId(pub u64);

/// Records to append.
#[derive(Debug)]
pub struct Write {
    /// Number to speak of the write by.
    pub id: WriteId,
    /// The records, in order; at least one, unless a transaction is ended.
    pub records: Vec<GroupRecord>,
    /// They must become one batch: all or nothing. Otherwise they may be split.
    pub atomic: bool,
    /// The transaction that is written in, if any.
    pub transaction: Option<WriteTransaction>,
}

/// How a write belongs to a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteTransaction {
    /// The records count once the transaction is committed: their batch is transactional.
    Within(TransactionalProducer),
    /// There are no records; the marker of the transaction's end is appended.
    Ends(TransactionEnd),
}

/// The producer of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionalProducer {
    /// Its id.
    pub id: ProducerId,
    /// Its epoch.
    pub epoch: i16,
}

/// A transaction has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionEnd {
    /// Whose it was, with the epoch that the marker bears: from version 2 on the one already raised.
    pub producer: TransactionalProducer,
    /// How it ended, and in which epoch of its coordinator.
    pub marker: EndTxnMarker,
    /// Version of the transaction protocol, which decides how strictly the epoch is checked (KIP-1228).
    pub transaction_version: i16,
}

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

#[derive(Debug)]
pub(crate) struct PendingWrite {
    pub(crate) id: WriteId,
    pub(crate) completion: Completion,
    /// Replies that leave when the records are safe.
    pub(crate) replies: Vec<Reply>,
}

/// Writes under way, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    pending: VecDeque<PendingWrite>,
    next_id: u64,
}

impl Writes {
    pub(crate) fn begin(&mut self, records: Vec<GroupRecord>, completion: Completion) -> Write {
        let id = WriteId(self.next_id);
        self.next_id += 1;
        self.pending.push_back(PendingWrite { id, completion, replies: Vec::new() });
        Write { id, records, atomic: true, transaction: None }
    }

    /// Lets the reply leave when all that was written before it is safe; returns it if nothing is under way.
    pub(crate) fn hold(&mut self, reply: Reply) -> Option<Reply> {
        match self.pending.back_mut() {
            Some(write) => {
                write.replies.push(reply);
                None
            }
            None => Some(reply),
        }
    }

    pub(crate) fn find(&self, id: WriteId) -> Option<&PendingWrite> {
        self.pending.iter().find(|write| write.id == id)
    }

    pub(crate) fn take(&mut self, id: WriteId) -> Option<PendingWrite> {
        let index = self.pending.iter().position(|write| write.id == id)?;
        self.pending.remove(index)
    }

    pub(crate) fn take_all(&mut self) -> VecDeque<PendingWrite> {
        std::mem::take(&mut self.pending)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &PendingWrite> {
        self.pending.iter()
    }
}
