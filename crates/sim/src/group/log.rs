//! The log that the coordinator writes to, as compaction leaves it.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_group::{GroupRecord, Write};
use ottla_record::Offset;
use ottla_wire::KafkaString;
use ottla_wire::group::{GroupKey, GroupValue};

/// Group, topic and partition.
pub(super) type OffsetKey = (KafkaString, KafkaString, i32);

/// The newest record of each key.
#[derive(Debug, Default)]
pub(super) struct Log {
    records: BTreeMap<Bytes, (Offset, GroupRecord)>,
    end: Offset,
    /// The newest offset of each key that was ever written.
    committed: BTreeMap<OffsetKey, i64>,
}

impl Log {
    /// Appends the records; returns the offset of the first.
    pub(super) fn append(&mut self, write: &Write) -> Offset {
        let base_offset = self.end;
        assert!(!write.records.is_empty(), "a write has records");
        for record in &write.records {
            let key = record.encode_key().unwrap_or_else(|error| panic!("{error}"));
            record.encode_value().unwrap_or_else(|error| panic!("{error}"));
            if let (GroupKey::OffsetCommit(key), Some((GroupValue::OffsetCommit(value), _))) =
                (&record.key, &record.value)
            {
                let key = (key.group.clone(), key.topic.clone(), key.partition);
                self.committed.insert(key, value.offset);
            }
            match record.value {
                Some(_) => self.records.insert(key, (self.end, record.clone())),
                None => self.records.remove(&key),
            };
            self.end += 1;
        }
        base_offset
    }

    /// The records in the order of their offsets.
    pub(super) fn in_order(&self) -> Vec<(Offset, GroupRecord)> {
        let mut records: Vec<_> = self.records.values().cloned().collect();
        records.sort_by_key(|(offset, _)| *offset);
        records
    }

    /// The offset that the newest record of the key tells; -1 without one.
    pub(super) fn offset(&self, group: &str, topic: &str, partition: i32) -> i64 {
        let key = ottla_wire::group::offset_commit::OffsetCommitKey {
            group: group.into(),
            topic: topic.into(),
            partition,
        };
        let record = GroupRecord { key: key.into(), value: None };
        let key = record.encode_key().unwrap_or_else(|error| panic!("{error}"));
        match self.records.get(&key).map(|(_, record)| &record.value) {
            Some(Some((GroupValue::OffsetCommit(value), _))) => value.offset,
            _ => -1,
        }
    }

    /// The last offset that was ever written for the key.
    pub(super) fn last_committed(&self, key: &OffsetKey) -> Option<i64> {
        self.committed.get(key).copied()
    }
}
