//! The log held against the truth.

use std::collections::{BTreeMap, BTreeSet};

use ottla_log::log::{FetchIsolation, Log, ReadOptions};
use ottla_record::{Batches, Decompressor, Offset, ProducerId};

use super::truth::{Content, Fate, Record, Truth};

/// Most bytes of a batch's records.
const RECORDS_BYTES_MAX: usize = 1 << 20;

/// A batch as it is there.
#[derive(Debug)]
struct Found {
    base: i64,
    last: i64,
    producer: i64,
    is_control: bool,
    is_transactional: bool,
    records: Vec<Record>,
    /// Records of any kind.
    count: usize,
}

/// Holds all of a log against the truth. Nothing of a key is there twice below `clean_to`.
pub(super) fn check(
    log: &mut Log,
    truth: &Truth,
    clean_to: Option<i64>,
    delete_retention_ms: i64,
) -> Result<(), String> {
    log.invariants();
    if log.log_end_offset().0 != truth.end() {
        return Err(format!("the log ends at {}, expected {}", log.log_end_offset(), truth.end()));
    }
    let found = read_all(log)?;
    check_order(&found)?;
    let there = check_records(&found, truth)?;
    check_missing(&there, truth, delete_retention_ms)?;
    check_markers(&found, truth)?;
    check_aborted(log, &found, truth)?;
    check_producers(log, truth)?;
    if let Some(clean_to) = clean_to {
        check_unique(&found, truth, clean_to)?;
    }
    check_lookups(log, &found)
}

/// Base offsets of all batches that are there.
pub(super) fn base_offsets(log: &mut Log) -> Result<BTreeSet<i64>, String> {
    Ok(read_all(log)?.iter().map(|batch| batch.base).collect())
}

fn read_all(log: &mut Log) -> Result<Vec<Found>, String> {
    let mut from = log.log_start_offset();
    let mut all = Vec::new();
    let mut decompressor = Decompressor::with_limit(RECORDS_BYTES_MAX);
    loop {
        let bytes = read_from(log, from)?;
        if bytes.is_empty() {
            return Ok(all);
        }
        for batch in Batches::new(&bytes) {
            let batch = batch.map_err(|error| error.to_string())?;
            batch.verify().map_err(|error| error.to_string())?;
            let mut records = Vec::new();
            let mut count = 0;
            for record in batch.records(&mut decompressor).map_err(|error| error.to_string())? {
                let record = record.map_err(|error| error.to_string())?;
                count += 1;
                if !batch.attributes.is_control() {
                    let number =
                        |bytes: &[u8]| bytes.iter().fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
                    records.push(Record {
                        offset: record.offset.0,
                        key: number(record.key.unwrap_or_default()),
                        value: record.value.map(number),
                        timestamp: record.timestamp.0,
                    });
                }
            }
            all.push(Found {
                base: batch.base_offset.0,
                last: batch.last_offset().0,
                producer: batch.producer_id.0,
                is_control: batch.attributes.is_control(),
                is_transactional: batch.attributes.is_transactional(),
                records,
                count,
            });
            from = batch.next_offset();
        }
    }
}

fn read_from(log: &mut Log, from: Offset) -> Result<Vec<u8>, String> {
    let options = ReadOptions {
        start_offset: from,
        bytes_max: 1 << 20,
        min_one_message: true,
        isolation: FetchIsolation::LogEnd,
    };
    let read = log.read(&options).map_err(|error| format!("read from {from}: {error}"))?;
    let Some(slice) = read.slice else { return Ok(Vec::new()) };
    let mut bytes = vec![0; slice.len as usize];
    slice
        .file
        .read_exact_at(&mut bytes, u64::from(slice.position))
        .map_err(|error| format!("read from {from}: {error}"))?;
    Ok(bytes)
}

fn check_order(found: &[Found]) -> Result<(), String> {
    match found.windows(2).find(|pair| pair[0].last >= pair[1].base) {
        Some(pair) => Err(format!("{:?} stands before {:?}", pair[0], pair[1])),
        None => Ok(()),
    }
}

/// Every record that is there was appended; the offsets of those that are.
fn check_records(found: &[Found], truth: &Truth) -> Result<BTreeSet<i64>, String> {
    let appended: BTreeMap<i64, Record> = truth.records().map(|record| (record.offset, record)).collect();
    let mut there = BTreeSet::new();
    for record in found.iter().flat_map(|batch| &batch.records) {
        let known = appended.get(&record.offset);
        if known != Some(record) {
            return Err(format!("{record:?} is there, {known:?} was appended"));
        }
        there.insert(record.offset);
    }
    Ok(there)
}

/// Every record that is not there had to go or was allowed to.
fn check_missing(there: &BTreeSet<i64>, truth: &Truth, delete_retention_ms: i64) -> Result<(), String> {
    let fates = truth.fates();
    let mut last_of_key: BTreeMap<u64, i64> = BTreeMap::new();
    for batch in &truth.batches {
        if let (Content::Data { records, .. }, Some(Fate::Counts(_))) =
            (&batch.content, fates.get(&batch.base))
        {
            for record in records.iter().filter(|record| record.offset < truth.touched) {
                last_of_key.insert(record.key, record.offset);
            }
        }
    }
    for batch in &truth.batches {
        let Content::Data { records, .. } = &batch.content else { continue };
        for record in records.iter().filter(|record| record.offset >= truth.log_start) {
            if there.contains(&record.offset) {
                continue;
            }
            let is_superseded = last_of_key.get(&record.key).is_some_and(|last| *last > record.offset);
            let was_aborted = matches!(fates[&batch.base], Fate::Aborted(_));
            let is_outlived = record.value.is_none()
                && truth.met.get(&record.offset).is_some_and(|met| {
                    let due = met + delete_retention_ms;
                    truth.cleanings.iter().any(|(end, now)| *end > record.offset && *now >= due)
                });
            let was_in_reach = record.offset < truth.touched;
            if !was_in_reach || !(is_superseded || was_aborted || is_outlived) {
                return Err(format!("{record:?} is missing, fate {:?}", fates[&batch.base]));
            }
        }
    }
    Ok(())
}

/// A record of a decided transaction is there only with its marker.
fn check_markers(found: &[Found], truth: &Truth) -> Result<(), String> {
    let fates = truth.fates();
    let markers: BTreeSet<i64> =
        found.iter().filter(|batch| batch.is_control && batch.count > 0).map(|batch| batch.base).collect();
    for batch in found.iter().filter(|batch| !batch.is_control && !batch.records.is_empty()) {
        match fates.get(&batch.base) {
            Some(Fate::Counts(Some(marker)) | Fate::Aborted(marker)) if !markers.contains(marker) => {
                return Err(format!("the marker at {marker} of {batch:?} is missing"));
            }
            Some(_) => {}
            None => return Err(format!("{batch:?} was never appended")),
        }
    }
    Ok(())
}

/// Readers of committed records skip just the aborted ones.
fn check_aborted(log: &mut Log, found: &[Found], truth: &Truth) -> Result<(), String> {
    let fates = truth.fates();
    let (start, end) = (log.log_start_offset(), log.log_end_offset());
    let aborted = log.aborted_transactions(start, end).map_err(|error| error.to_string())?;
    for batch in found.iter().filter(|batch| batch.is_transactional && !batch.records.is_empty()) {
        let is_listed = aborted.iter().any(|transaction| {
            transaction.producer_id == ProducerId(batch.producer)
                && (transaction.first_offset.0..=transaction.last_offset.0).contains(&batch.base)
        });
        let was_aborted = matches!(fates.get(&batch.base), Some(Fate::Aborted(_)));
        if is_listed != was_aborted {
            return Err(format!("{batch:?}: aborted {was_aborted}, by the index {is_listed}"));
        }
    }
    Ok(())
}

fn check_producers(log: &Log, truth: &Truth) -> Result<(), String> {
    // Of others no batch need be there any more.
    let known = truth
        .producers()
        .into_iter()
        .filter(|(id, producer)| producer.since >= truth.log_start && !truth.shaken.contains(id));
    for (id, expected) in known {
        let Some(known) = log.producer(ProducerId(id)) else {
            return Err(format!("producer {id} is not known, expected {expected:?}"));
        };
        let last_sequence = Some(known.last_sequence()).filter(|sequence| *sequence >= 0);
        let is_open = known.current_transaction_first_offset().is_some();
        if (last_sequence, is_open) != (expected.last_sequence, expected.is_open) {
            return Err(format!("producer {id} is {known:?}, expected {expected:?}"));
        }
    }
    Ok(())
}

fn check_unique(found: &[Found], truth: &Truth, clean_to: i64) -> Result<(), String> {
    let fates = truth.fates();
    let mut seen: BTreeMap<u64, i64> = BTreeMap::new();
    for batch in found {
        if !batch.records.is_empty()
            && matches!(fates.get(&batch.base), Some(Fate::Aborted(_)))
            && batch.last < clean_to
        {
            return Err(format!("{batch:?} was aborted and lies below the clean offset {clean_to}"));
        }
        for record in batch.records.iter().filter(|record| record.offset < clean_to) {
            if let Some(other) = seen.insert(record.key, record.offset) {
                let key = record.key;
                return Err(format!("key {key} is at {other} and {} below {clean_to}", record.offset));
            }
        }
    }
    Ok(())
}

/// A read from any offset begins with the batch that holds it, or the first behind it.
fn check_lookups(log: &mut Log, found: &[Found]) -> Result<(), String> {
    for batch in found {
        for offset in [batch.base, batch.last] {
            if offset < log.log_start_offset().0 {
                continue;
            }
            let bytes = read_from(log, Offset(offset))?;
            let first = Batches::new(&bytes).next().and_then(Result::ok).map(|first| first.base_offset.0);
            if first != Some(batch.base) {
                return Err(format!("a read from {offset} begins at {first:?}, expected {}", batch.base));
            }
        }
    }
    Ok(())
}
