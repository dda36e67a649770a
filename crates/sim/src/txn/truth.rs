//! What producers know of their transactions, and what a consumer read.

use std::collections::BTreeMap;

use ottla_record::Record;
use ottla_wire::KafkaString;

/// Number of a transaction, in the order in which producers began them.
pub(super) type TxnNumber = u64;

/// What became of a transaction, as far as its producer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its commit was never asked for.
    Open,
    /// Its commit was asked for, and it may have been heard.
    Unknown,
    /// Its commit was acknowledged.
    Committed,
    /// It was aborted, or can never be committed.
    Aborted,
}

#[derive(Debug)]
struct Txn {
    transactional_id: KafkaString,
    fate: Fate,
    /// Records sent to each partition.
    records: BTreeMap<usize, u32>,
}

/// A record that a consumer read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    offset: i64,
    txn: TxnNumber,
    index: u32,
}

/// All transactions, and what was read.
#[derive(Debug, Default)]
pub(super) struct Truth {
    txns: Vec<Txn>,
    seen: BTreeMap<usize, Vec<Seen>>,
}

impl Truth {
    pub(super) fn begin(&mut self, transactional_id: &KafkaString) -> TxnNumber {
        self.txns.push(Txn {
            transactional_id: transactional_id.clone(),
            fate: Fate::Open,
            records: BTreeMap::new(),
        });
        self.txns.len() as u64 - 1
    }

    /// The values of the next records that a transaction sends to a partition.
    pub(super) fn next_values(&mut self, txn: TxnNumber, partition: usize, count: u32) -> Vec<[u8; 12]> {
        let sent = self.txns[txn as usize].records.entry(partition).or_default();
        let values = (*sent..*sent + count).map(|index| {
            let mut value = [0; 12];
            value[..8].copy_from_slice(&txn.to_be_bytes());
            value[8..].copy_from_slice(&index.to_be_bytes());
            value
        });
        let values = values.collect();
        *sent += count;
        values
    }

    pub(super) fn set_fate(&mut self, txn: TxnNumber, fate: Fate) {
        let known = &mut self.txns[txn as usize].fate;
        assert!(
            matches!(known, Fate::Open | Fate::Unknown) || *known == fate,
            "{txn} was {known:?}, is {fate:?}"
        );
        *known = fate;
    }

    pub(super) fn count(&self, fate: Fate) -> u64 {
        self.txns.iter().filter(|txn| txn.fate == fate).count() as u64
    }

    /// A consumer has read a partition from its beginning.
    pub(super) fn read(&mut self, partition: usize, now_seen: Vec<Seen>) {
        for seen in &now_seen {
            let Txn { fate, .. } = self.txns[seen.txn as usize];
            assert!(
                matches!(fate, Fate::Committed | Fate::Unknown),
                "{seen:?} of partition {partition} is {fate:?}"
            );
        }
        let before = self.seen.entry(partition).or_default();
        assert!(now_seen.starts_with(before), "partition {partition}: what was read is not there any more");
        *before = now_seen;
    }

    pub(super) fn records_seen(&self) -> u64 {
        self.seen.values().map(|seen| seen.len() as u64).sum()
    }

    /// Everything has ended and was read.
    pub(super) fn check_all(&self) {
        let mut found: Vec<BTreeMap<usize, Vec<u32>>> = vec![BTreeMap::new(); self.txns.len()];
        for (&partition, seen) in &self.seen {
            let mut last: BTreeMap<&str, TxnNumber> = BTreeMap::new();
            for seen in seen {
                found[seen.txn as usize].entry(partition).or_default().push(seen.index);
                let id = self.txns[seen.txn as usize].transactional_id.as_str();
                let before = last.insert(id, seen.txn);
                assert!(
                    before <= Some(seen.txn),
                    "partition {partition}: {id} has {before:?} before {seen:?}"
                );
            }
        }
        for (number, (txn, found)) in self.txns.iter().zip(found).enumerate() {
            let sent: BTreeMap<usize, Vec<u32>> =
                txn.records.iter().map(|(&partition, &count)| (partition, (0..count).collect())).collect();
            let fits = match txn.fate {
                Fate::Committed => found == sent,
                Fate::Open | Fate::Aborted => found.is_empty(),
                Fate::Unknown => found.is_empty() || found == sent,
            };
            assert!(fits, "transaction {number}, {txn:?}, reads as {found:?}");
        }
    }
}

impl Seen {
    pub(super) fn of(record: &Record<'_>) -> Self {
        let value = record.value.unwrap_or_default();
        let (txn, index) = value.split_first_chunk::<8>().unwrap_or_else(|| panic!("{value:?} is no value"));
        let index = index.try_into().unwrap_or_else(|_| panic!("{value:?} is no value"));
        Self { offset: record.offset.0, txn: u64::from_be_bytes(*txn), index: u32::from_be_bytes(index) }
    }
}
