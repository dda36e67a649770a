//! Writes under way, and what follows when they are done.

use std::collections::VecDeque;

use crate::reply::Reply;
use crate::transaction::WriteTransaction;

/// Number of a write; later ones are higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WriteId(pub u64);

/// Records to append.
#[derive(Debug)]
pub struct Write<R> {
    /// Number to speak of the write by.
    pub id: WriteId,
    /// The records, in order; at least one, unless a transaction is ended.
    pub records: Vec<R>,
    /// They must become one batch: all or nothing. Otherwise they may be split.
    pub atomic: bool,
    /// The transaction that is written in, if any.
    pub transaction: Option<WriteTransaction>,
}

/// A write under way.
#[derive(Debug)]
pub struct PendingWrite<C, R> {
    /// Its number.
    pub id: WriteId,
    /// What follows when it is done.
    pub completion: C,
    /// Replies that leave when the records are safe.
    pub replies: Vec<Reply<R>>,
}

/// Writes under way, oldest first, each with what follows it (`C`) and the replies (`R`) that wait for it.
#[derive(Debug)]
pub struct Writes<C, R> {
    pending: VecDeque<PendingWrite<C, R>>,
    next_id: u64,
}

impl<C, R> Default for Writes<C, R> {
    fn default() -> Self {
        Self { pending: VecDeque::new(), next_id: 0 }
    }
}

impl<C, R> Writes<C, R> {
    /// Begins to write records that become one batch.
    pub fn begin<K>(&mut self, records: Vec<K>, completion: C) -> Write<K> {
        let id = WriteId(self.next_id);
        self.next_id += 1;
        self.pending.push_back(PendingWrite { id, completion, replies: Vec::new() });
        Write { id, records, atomic: true, transaction: None }
    }

    /// Lets the reply leave when all that was written before it is safe; returns it if nothing is under way.
    pub fn hold(&mut self, reply: Reply<R>) -> Option<Reply<R>> {
        match self.pending.back_mut() {
            Some(write) => {
                write.replies.push(reply);
                None
            }
            None => Some(reply),
        }
    }

    /// The write of this number, if it is under way.
    pub fn find(&self, id: WriteId) -> Option<&PendingWrite<C, R>> {
        self.pending.iter().find(|write| write.id == id)
    }

    /// Ends the write of this number, if it is under way.
    pub fn take(&mut self, id: WriteId) -> Option<PendingWrite<C, R>> {
        let index = self.pending.iter().position(|write| write.id == id)?;
        self.pending.remove(index)
    }

    /// Ends all writes, oldest first.
    pub fn take_all(&mut self) -> VecDeque<PendingWrite<C, R>> {
        std::mem::take(&mut self.pending)
    }

    /// The writes under way, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &PendingWrite<C, R>> {
        self.pending.iter()
    }
}
