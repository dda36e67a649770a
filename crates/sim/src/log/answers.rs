//! What the log answers when asked, against the truth.

use ottla_io::sim::Dice;
use ottla_log::log::{FetchIsolation, Log, ReadOptions, TimestampQuery};
use ottla_record::{Offset, Timestamp};

use super::files::{AbortFound, check_aborts};
use super::producers::{ProducerTruth, Producers};
use super::truth::Truth;

/// Checks everything a log answers. The high watermark is moved to the end of the log first.
pub(super) fn check_all(log: &mut Log, truth: &mut Truth, dice: &mut Dice) -> Result<(), String> {
    let end = log.log_end_offset_metadata();
    log.update_high_watermark(end);
    log.invariants();
    check_offsets(log, truth)?;
    check_producers(log, truth)?;
    check_epochs(log, truth)?;
    check_whole_log(log, truth)?;
    for _ in 0..3 {
        check_read(log, truth, dice)?;
        check_timestamp(log, truth, dice)?;
    }
    check_aborted(log, truth)
}

/// Checks the offsets a log is bounded by.
pub(super) fn check_offsets(log: &Log, truth: &Truth) -> Result<(), String> {
    let told = (log.log_start_offset().0, log.log_end_offset().0);
    if told != (truth.log_start, truth.end) {
        return Err(format!("the log is {told:?}, expected {:?}", (truth.log_start, truth.end)));
    }
    let recovery_point = log.recovery_point().0;
    if recovery_point > truth.durable.max(log.first_segment_base_offset().0) {
        return Err(format!(
            "recovery point {recovery_point} above {}, where what is durable ends",
            truth.durable
        ));
    }
    Ok(())
}

/// Checks the producers, and with them the last stable offset: what they say must be what one of the replays there were
/// says, for a log does not remember producers whose batches were gone when it began to replay. The truth then follows
/// that one.
pub(super) fn check_producers(log: &Log, truth: &mut Truth) -> Result<(), String> {
    let found: Vec<(i64, ProducerTruth)> = log
        .active_producers()
        .map(|entry| {
            let state = ProducerTruth {
                epoch: entry.producer_epoch(),
                last_sequence: entry.last_sequence(),
                last_offset: entry.last_data_offset().0,
                timestamp: entry.last_timestamp().0,
                coordinator_epoch: entry.coordinator_epoch(),
                transaction_start: entry.current_transaction_first_offset().map(|offset| offset.0),
            };
            (entry.producer_id().0, state)
        })
        .collect();
    let found = sorted(&found);
    let is_found =
        |told: &Producers| told.known.iter().map(|(id, p)| (*id, p)).eq(found.iter().map(|(id, p)| (*id, p)));
    if !is_found(&truth.producers) {
        if truth.has_hole {
            truth.producers.known = found.into_iter().collect();
            return Ok(());
        }
        let replay = |from: &i64| (*from, Producers::replay(&truth.batches, *from));
        let Some((from, same)) = truth.replays.iter().map(replay).find(|(_, told)| is_found(told)) else {
            let told: Vec<_> =
                truth.replays.iter().map(replay).map(|(from, told)| (from, told.known)).collect();
            return Err(format!("producers are {found:?}, expected one of {told:?}"));
        };
        truth.replay_from = from;
        truth.producers = same;
    }
    let same = &truth.producers;
    let undecided = same.first_open().map(|first| first.max(truth.log_start));
    let expected = undecided.unwrap_or(truth.end);
    if log.high_watermark().0 == truth.end && log.last_stable_offset().0 != expected {
        return Err(format!("last stable offset {}, expected {expected}", log.last_stable_offset()));
    }
    Ok(())
}

fn sorted(found: &[(i64, ProducerTruth)]) -> Vec<(i64, ProducerTruth)> {
    let mut sorted = found.to_vec();
    sorted.sort_unstable_by_key(|(id, _)| *id);
    sorted
}

/// Checks the leader epochs. A log whose start moved up, and back when it was opened after a crash, may have forgotten
/// the epochs before the start it once had.
fn check_epochs(log: &Log, truth: &Truth) -> Result<(), String> {
    // An epoch may have begun at the end of the log and appended nothing yet.
    let appended = |epochs: Vec<(i32, i64)>| -> Vec<(i32, i64)> {
        epochs.into_iter().filter(|(_, start)| *start < truth.end).collect()
    };
    let entries = log.leader_epochs().entries();
    let found = appended(entries.iter().map(|entry| (entry.epoch.0, entry.start_offset.0)).collect());
    let starts = truth.log_start..=truth.log_start_max;
    let first = found.first().map_or(truth.log_start, |(_, start)| *start);
    let told = [truth.log_start, truth.log_start_max, first].map(|start| appended(epochs_from(truth, start)));
    if told.contains(&found) && (starts.contains(&first) || found == told[0]) {
        return Ok(());
    }
    Err(format!("leader epochs are {found:?}, expected {:?} or, less, {:?}", told[0], told[1]))
}

fn epochs_from(truth: &Truth, log_start: i64) -> Vec<(i32, i64)> {
    let mut epochs: Vec<(i32, i64)> = Vec::new();
    for batch in &truth.batches {
        if epochs.last().is_none_or(|(epoch, _)| *epoch != batch.leader_epoch) {
            epochs.push((batch.leader_epoch, batch.base));
        }
    }
    let before = epochs.partition_point(|(_, start)| *start <= log_start);
    let mut epochs = epochs.split_off(before.saturating_sub(1));
    if before > 0 {
        epochs[0].1 = log_start;
    }
    epochs
}

/// Reads the log from start to end.
fn check_whole_log(log: &mut Log, truth: &Truth) -> Result<(), String> {
    let mut expected = truth.from(truth.log_start).iter();
    let mut offset = truth.log_start;
    while offset < truth.end {
        let bytes = read(log, offset, 1 << 20)?;
        if bytes.is_empty() {
            break;
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let batch =
                expected.next().ok_or_else(|| format!("offset {offset} reads more than was appended"))?;
            rest = rest.strip_prefix(&batch.bytes[..]).ok_or_else(|| {
                format!("reading at {offset} does not give batch {}, but {} bytes", batch.base, rest.len())
            })?;
            offset = batch.next();
        }
    }
    match expected.next() {
        Some(batch) => Err(format!("reading ends at {offset}, before batch {}", batch.base)),
        None => Ok(()),
    }
}

/// Reads a little at a random offset.
pub(super) fn check_read(log: &mut Log, truth: &Truth, dice: &mut Dice) -> Result<(), String> {
    if truth.log_start == truth.end {
        return Ok(());
    }
    let offset = dice.between(truth.log_start as u64, truth.end as u64 - 1) as i64;
    let bytes = read(log, offset, 1)?;
    match truth.at(offset) {
        Some(batch) if bytes == batch.bytes => Ok(()),
        Some(batch) => {
            Err(format!("offset {offset} reads {} bytes that are not batch {}", bytes.len(), batch.base))
        }
        None if bytes.is_empty() => Ok(()),
        None => Err(format!("offset {offset} holds nothing, but reads {} bytes", bytes.len())),
    }
}

fn read(log: &mut Log, offset: i64, bytes_max: u32) -> Result<Vec<u8>, String> {
    let options = ReadOptions {
        start_offset: Offset(offset),
        bytes_max,
        min_one_message: true,
        isolation: FetchIsolation::LogEnd,
    };
    let read = log.read(&options).map_err(|error| format!("cannot read at {offset}: {error}"))?;
    let Some(slice) = read.slice else { return Ok(Vec::new()) };
    let mut bytes = vec![0; slice.len as usize];
    let result = slice.file.read_exact_at(&mut bytes, u64::from(slice.position));
    result.map_err(|error| format!("cannot read the slice at {offset}: {error}"))?;
    Ok(bytes)
}

/// Asks for the offset of a random time.
fn check_timestamp(log: &mut Log, truth: &Truth, dice: &mut Dice) -> Result<(), String> {
    if truth.batches.is_empty() {
        return Ok(());
    }
    let asked = dice.pick(&truth.batches).max_timestamp() + dice.between(0, 2) as i64 - 1;
    let records = truth.from(truth.log_start).iter().flat_map(|batch| (batch.base..).zip(&batch.timestamps));
    let mut answers = records.filter(|(offset, at)| *offset >= truth.log_start && **at >= asked);
    let expected = answers.next().map(|(offset, _)| offset);
    let found = log
        .offset_for_timestamp(TimestampQuery::At(Timestamp(asked)))
        .map_err(|error| format!("cannot look time {asked} up: {error}"))?
        .map(|found| found.offset.0);
    // The segment of a deleted record that reached the time is asked nevertheless, and none after it, as in Kafka.
    let is_hidden = found.is_none() && deleted_record_reached(log, truth, asked);
    if found == expected || is_hidden {
        Ok(())
    } else {
        Err(format!("time {asked} is at offset {found:?}, expected {expected:?}"))
    }
}

/// Whether a record that is deleted, though its segment is there yet, reached the time.
fn deleted_record_reached(log: &Log, truth: &Truth, asked: i64) -> bool {
    let deleted = log.first_segment_base_offset().0..truth.log_start;
    let mut records =
        truth.from(deleted.start).iter().flat_map(|batch| (batch.base..).zip(&batch.timestamps));
    records.any(|(offset, at)| deleted.contains(&offset) && *at >= asked)
}

fn check_aborted(log: &mut Log, truth: &Truth) -> Result<(), String> {
    let (from, to) = (Offset(truth.log_start), Offset(truth.end));
    let aborted = log
        .aborted_transactions(from, to)
        .map_err(|error| format!("cannot list the aborted transactions: {error}"))?;
    let found: Vec<AbortFound> = aborted
        .iter()
        .map(|abort| AbortFound {
            producer_id: abort.producer_id.0,
            first: abort.first_offset.0,
            marker: abort.last_offset.0,
            last_stable: abort.last_stable_offset.0,
        })
        .filter(|abort| abort.marker >= truth.log_start)
        .collect();
    check_aborts(&found, truth, truth.log_start, truth.end)
}
