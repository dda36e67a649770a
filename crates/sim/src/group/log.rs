//! The log that the coordinator writes to, as compaction leaves it.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use ottla_coordinator::CoordinatorRecord;
use ottla_group::{GroupRecord, TransactionEnd, Write, WriteTransaction};
use ottla_record::{Offset, ProducerId, TransactionResult};
use ottla_wire::KafkaString;
use ottla_wire::group::{GroupKey, GroupValue};

/// Group, topic and partition.
pub(super) type OffsetKey = (KafkaString, KafkaString, i32);

/// What stands in the log.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Record {
        /// Producer of its transaction, or none.
        producer: ProducerId,
        record: Box<GroupRecord>,
        /// Where its transaction was committed.
        marker: Option<Offset>,
    },
    Marker {
        producer: ProducerId,
        committed: bool,
        /// Records of the transaction that are still there.
        records: usize,
    },
}

/// The newest record of each key, and those of transactions that have not ended.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: BTreeMap<Offset, Entry>,
    newest: BTreeMap<Bytes, Offset>,
    /// Records of transactions that have not ended.
    open: BTreeMap<ProducerId, BTreeMap<Offset, Bytes>>,
    /// Entries of aborted transactions, which compaction has not removed yet.
    aborted: Vec<Offset>,
    end: Offset,
    /// The newest offset of each key that was ever written.
    committed: BTreeMap<OffsetKey, i64>,
}

impl Log {
    /// Appends the records; returns the offset of the first.
    pub(super) fn append(&mut self, write: &Write) -> Offset {
        let base_offset = self.end;
        match write.transaction {
            Some(WriteTransaction::Ends(end)) => {
                assert!(write.records.is_empty(), "a marker stands alone");
                self.end_transaction(end);
                self.end += 1;
                return base_offset;
            }
            Some(WriteTransaction::Within(producer)) => {
                for record in &write.records {
                    self.append_open(producer.id, record);
                }
            }
            None => write.records.iter().for_each(|record| self.append_plain(record)),
        }
        assert!(self.end > base_offset, "a write has records");
        base_offset
    }

    fn append_plain(&mut self, record: &GroupRecord) {
        let key = encoded_key(record);
        self.note(record);
        if let Some(former) = self.newest.remove(&key) {
            self.remove(former);
        }
        match record.value {
            Some(_) => {
                let entry = Entry::Record {
                    producer: ProducerId::NONE,
                    record: Box::new(record.clone()),
                    marker: None,
                };
                self.entries.insert(self.end, entry);
                self.newest.insert(key, self.end);
            }
            // A deletion goes for transactions, too, that have not ended. It is not removed itself before all that came
            // before it is clean.
            None => {
                for offset in std::mem::take(&mut self.aborted) {
                    self.entries.remove(&offset);
                }
                for open in self.open.values_mut() {
                    open.retain(|offset, open| {
                        let stays = *open != key;
                        if !stays {
                            self.entries.remove(offset);
                        }
                        stays
                    });
                }
            }
        }
        self.end += 1;
    }

    fn append_open(&mut self, producer: ProducerId, record: &GroupRecord) {
        self.note(record);
        let entry = Entry::Record { producer, record: Box::new(record.clone()), marker: None };
        self.entries.insert(self.end, entry);
        self.open.entry(producer).or_default().insert(self.end, encoded_key(record));
        self.end += 1;
    }

    fn end_transaction(&mut self, end: TransactionEnd) {
        let at = self.end;
        let producer = end.producer.id;
        let committed = end.marker.result == TransactionResult::Commit;
        let open = self.open.remove(&producer).unwrap_or_default();
        self.entries.insert(at, Entry::Marker { producer, committed, records: open.len() });
        if !committed {
            self.aborted.extend(open.keys());
            self.aborted.push(at);
            return;
        }
        for (offset, key) in open {
            if let Some(Entry::Record { marker, .. }) = self.entries.get_mut(&offset) {
                *marker = Some(at);
            }
            match self.newest.get(&key).copied() {
                Some(newest) if newest > offset => self.remove(offset),
                former => {
                    self.newest.insert(key, offset);
                    former.into_iter().for_each(|former| self.remove(former));
                }
            }
        }
    }

    /// Compaction removes a record, and the marker of its transaction with the last one of that.
    fn remove(&mut self, offset: Offset) {
        let Some(Entry::Record { marker: Some(marker), .. }) = self.entries.remove(&offset) else { return };
        if let Some(Entry::Marker { records, .. }) = self.entries.get_mut(&marker) {
            *records -= 1;
            if *records == 0 {
                self.entries.remove(&marker);
            }
        }
    }

    fn note(&mut self, record: &GroupRecord) {
        if let (GroupKey::OffsetCommit(key), Some((GroupValue::OffsetCommit(value), _))) =
            (&record.key, &record.value)
        {
            let key = (key.group.clone(), key.topic.clone(), key.partition);
            self.committed.insert(key, value.offset);
        }
    }

    /// What a coordinator reads that takes over, in order. Of what was aborted it is the last to see anything.
    pub(super) fn read(&mut self) -> Vec<(Offset, Entry)> {
        let entries = self.entries.iter().map(|(offset, entry)| (*offset, entry.clone())).collect();
        for offset in std::mem::take(&mut self.aborted) {
            self.entries.remove(&offset);
        }
        entries
    }

    /// The offset that the newest record of the key tells; -1 without one.
    pub(super) fn offset(&self, group: &str, topic: &str, partition: i32) -> i64 {
        let newest = self.newest.get(&offset_key(group, topic, partition));
        match newest.and_then(|offset| self.entries.get(offset)) {
            Some(Entry::Record { record, .. }) => match &record.value {
                Some((GroupValue::OffsetCommit(value), _)) => value.offset,
                _ => -1,
            },
            _ => -1,
        }
    }

    /// Whether a transaction that has not ended commits for the key.
    pub(super) fn is_unstable(&self, group: &str, topic: &str, partition: i32) -> bool {
        let key = offset_key(group, topic, partition);
        self.open.values().flat_map(BTreeMap::values).any(|open| *open == key)
    }

    /// The last offset that was ever written for the key.
    pub(super) fn last_committed(&self, key: &OffsetKey) -> Option<i64> {
        self.committed.get(key).copied()
    }
}

fn encoded_key(record: &GroupRecord) -> Bytes {
    let mut bytes = BytesMut::new();
    let key_len = record.encode(&mut bytes).unwrap_or_else(|error| panic!("{error}"));
    bytes.split_to(key_len).freeze()
}

fn offset_key(group: &str, topic: &str, partition: i32) -> Bytes {
    let key = ottla_wire::group::offset_commit::OffsetCommitKey {
        group: group.into(),
        topic: topic.into(),
        partition,
    };
    encoded_key(&GroupRecord { key: key.into(), value: None })
}
