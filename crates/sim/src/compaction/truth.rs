//! What was appended, and what may have become of it.

use std::collections::{BTreeMap, BTreeSet};

/// A record of a batch of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) offset: i64,
    pub(super) key: u64,
    /// None for a tombstone.
    pub(super) value: Option<u64>,
    pub(super) timestamp: i64,
}

/// What a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Data { records: Vec<Record>, transactional: bool },
    Marker { aborts: bool },
}

/// A batch that was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) base: i64,
    pub(super) last: i64,
    /// The producer's id and the first sequence.
    pub(super) producer: Option<(i64, i32)>,
    pub(super) content: Content,
}

/// How a record counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is part of no transaction, or of one that was committed by the marker at this offset.
    Counts(Option<i64>),
    /// Its transaction is open.
    Undecided,
    /// Its transaction was aborted by the marker at this offset.
    Aborted(i64),
}

/// A producer as the batches tell of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Producer {
    /// Last sequence, if it has sent data.
    pub(super) last_sequence: Option<i32>,
    /// Whether a transaction is open.
    pub(super) is_open: bool,
    /// The lowest offset that all this follows from.
    pub(super) since: i64,
    /// Base offset of its last batch of data.
    pub(super) last_base: i64,
}

/// All batches, in their order.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) batches: Vec<Batch>,
    /// Offset that the next batch gets.
    end: i64,
    pub(super) log_start: i64,
    /// Everything below is on stable storage.
    pub(super) durable: i64,
    /// Below it cleanings have been at work, done or not.
    pub(super) touched: i64,
    /// Where the log ended at the last cleaning: no leader ends below what was replicated then.
    pub(super) replicated: i64,
    /// Producers whose last batches are gone, and which have sent none since: a cleaning may have dropped those before,
    /// which were not the last then.
    pub(super) shaken: BTreeSet<i64>,
    /// For tombstones by offset, when a cleaning first met them.
    pub(super) met: BTreeMap<i64, i64>,
    /// Latest time at which a cleaning was at work, by what it reached.
    pub(super) cleanings: Vec<(i64, i64)>,
}

impl Truth {
    pub(super) fn end(&self) -> i64 {
        self.end
    }

    pub(super) fn append(&mut self, batch: Batch) {
        if let (Some((id, _)), Content::Data { .. }) = (batch.producer, &batch.content) {
            self.shaken.remove(&id);
        }
        self.end = batch.last + 1;
        self.batches.push(batch);
    }

    /// Forgets what lies at or behind `end`.
    pub(super) fn cut(&mut self, end: i64) {
        self.lose(|batch| batch.last >= end);
        self.end = end;
        self.durable = self.durable.min(end);
        self.touched = self.touched.min(end);
        self.replicated = self.replicated.min(end);
        self.met.retain(|offset, _| *offset < end);
    }

    /// Forgets batches that are gone.
    pub(super) fn lose(&mut self, is_gone: impl Fn(&Batch) -> bool) {
        let gone = self.batches.iter().filter(|batch| is_gone(batch)).filter_map(|batch| batch.producer);
        self.shaken.extend(gone.map(|(id, _)| id));
        self.batches.retain(|batch| !is_gone(batch));
    }

    /// Of producers that have sent nothing since the log start, no batch need be there.
    pub(super) fn shake_below_start(&mut self) {
        let start = self.log_start;
        let is_below = |(id, producer): (i64, Producer)| (producer.last_base < start).then_some(id);
        self.shaken.extend(self.producers().into_iter().filter_map(is_below));
    }

    /// A cleaning is about to read and write everything below `end`.
    pub(super) fn cleaning(&mut self, end: i64, now: i64) {
        self.touched = self.touched.max(end);
        self.replicated = self.end;
        for record in self.records().filter(|record| record.offset < end && record.value.is_none()) {
            self.met.entry(record.offset).or_insert(now);
        }
        self.cleanings.push((end, now));
    }

    pub(super) fn records(&self) -> impl Iterator<Item = Record> + use<> {
        let records: Vec<_> = self
            .batches
            .iter()
            .filter_map(|batch| match &batch.content {
                Content::Data { records, .. } => Some(records.clone()),
                Content::Marker { .. } => None,
            })
            .flatten()
            .collect();
        records.into_iter()
    }

    /// The producers, by id.
    pub(super) fn producers(&self) -> BTreeMap<i64, Producer> {
        let mut producers: BTreeMap<i64, Producer> = BTreeMap::new();
        for batch in &self.batches {
            let Some((id, sequence)) = batch.producer else { continue };
            let producer = producers.entry(id).or_default();
            match &batch.content {
                Content::Data { transactional, .. } => {
                    producer.last_sequence = Some(sequence + (batch.last - batch.base) as i32);
                    if !producer.is_open {
                        producer.since = batch.base;
                    }
                    producer.is_open |= transactional;
                    producer.last_base = batch.base;
                }
                Content::Marker { .. } => producer.is_open = false,
            }
        }
        producers
    }

    /// How each batch of data counts, by base offset.
    pub(super) fn fates(&self) -> BTreeMap<i64, Fate> {
        let mut fates = BTreeMap::new();
        let mut open: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for batch in &self.batches {
            match (&batch.content, batch.producer) {
                (Content::Data { transactional: true, .. }, Some((id, _))) => {
                    open.entry(id).or_default().push(batch.base);
                    fates.insert(batch.base, Fate::Undecided);
                }
                (Content::Data { .. }, _) => drop(fates.insert(batch.base, Fate::Counts(None))),
                (Content::Marker { aborts }, Some((id, _))) => {
                    for base in open.remove(&id).unwrap_or_default() {
                        let fate = match aborts {
                            true => Fate::Aborted(batch.base),
                            false => Fate::Counts(Some(batch.base)),
                        };
                        fates.insert(base, fate);
                    }
                }
                (Content::Marker { .. }, None) => {}
            }
        }
        fates
    }
}
