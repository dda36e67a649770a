//! What a log may hold after it was opened again.

use ottla_log::log::Log;

use super::files::SegmentFiles;
use super::truth::{Pending, Truth};

/// What went before the opening, and so how much must still be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// The log was closed in good order.
    CleanClose,
    /// The process died and the machine ran on.
    Kill,
    /// The power was lost.
    PowerLoss,
}

/// Checks which batches are there, and takes them for the truth from now on.
pub(super) fn adopt(
    truth: &mut Truth,
    log: &Log,
    segments: &[SegmentFiles],
    before: Before,
) -> Result<(), String> {
    let log_end = log.log_end_offset().0;
    let log_start = log.log_start_offset().0;
    let (found, has_hole) = contiguous(truth, segments, log_start)?;
    truth.has_hole |= has_hole;
    let floor = match before {
        Before::CleanClose => truth.end,
        Before::Kill => truth.acknowledged,
        Before::PowerLoss => truth.durable,
    };
    let floor = match truth.pending {
        Pending::Nothing => floor,
        Pending::Truncation(target) => floor.min(truth.end_of_cut(target)),
        Pending::Restart(offset) => {
            if found.is_none() {
                return adopt_restart(truth, log, offset, before);
            }
            0
        }
    };
    if log_end < floor {
        return Err(format!(
            "the log ends at {log_end}, but everything below {floor} had to survive ({before:?})"
        ));
    }
    if log_end > truth.end {
        return Err(format!("the log ends at {log_end}, but only {} was ever appended", truth.end));
    }
    check_ends(truth, found, log_start, log_end)?;
    check_log_start(truth, log_start)?;

    let durable = if before == Before::Kill { truth.durable } else { log_end };
    truth.replays.extend([log_start, truth.log_start_checkpointed]);
    truth.replays.extend(segments.first().map(|first| first.base));
    truth.set_end(log_end);
    truth.durable = durable.min(log_end);
    truth.log_start = log_start;
    let recovery_point = log.recovery_point().0;
    // Below its first segment a log holds nothing that could be lost.
    if recovery_point > truth.durable.max(log.first_segment_base_offset().0) {
        return Err(format!(
            "recovery point {recovery_point} above {}, where what is durable ends",
            truth.durable
        ));
    }
    Ok(())
}

/// Numbers of the first batch there and of the one after the last; batches between them must all be there, each in the
/// segment its offset belongs to. What lies below the log start offset may have holes, and whether it has.
fn contiguous(
    truth: &Truth,
    segments: &[SegmentFiles],
    log_start: i64,
) -> Result<(Option<(usize, usize)>, bool), String> {
    let mut has_hole = false;
    let mut found: Option<(usize, usize)> = None;
    for (index, segment) in segments.iter().enumerate() {
        let end = segments.get(index + 1).map_or(i64::MAX, |next| next.base);
        for (number, position) in &segment.batches {
            let batch = &truth.batches[*number];
            if batch.base < segment.base || batch.next() > end {
                return Err(format!(
                    "batch {} does not belong in segment {} to {end}",
                    batch.base, segment.base
                ));
            }
            match &mut found {
                None => found = Some((*number, number + 1)),
                Some((_, after)) if *after == *number => *after += 1,
                Some(range) if batch.base <= log_start => {
                    *range = (*number, number + 1);
                    has_hole = true;
                }
                Some((_, after)) => {
                    let expected = truth.batches.get(*after).map(|batch| batch.base);
                    return Err(format!(
                        "segment {} at position {position}: batch {} where {expected:?} belongs",
                        segment.base, batch.base
                    ));
                }
            }
        }
    }
    Ok((found, has_hole))
}

fn check_ends(
    truth: &Truth,
    found: Option<(usize, usize)>,
    log_start: i64,
    log_end: i64,
) -> Result<(), String> {
    let wanted = truth.batches.partition_point(|batch| batch.next() <= log_start);
    let (first, after) = found.unwrap_or((wanted, wanted));
    if first > wanted {
        let (missing, there) = (truth.batches[wanted].base, truth.batches.get(first).map(|batch| batch.base));
        return Err(format!(
            "batch {missing} is missing: the log starts at {log_start}, its first batch is {there:?}"
        ));
    }
    if let Some(last) = after.checked_sub(1).filter(|_| found.is_some())
        && log_end < truth.batches[last].next()
    {
        return Err(format!(
            "the log ends at {log_end}, within or below its last batch {}",
            truth.batches[last].base
        ));
    }
    match truth.batches.get(after) {
        // Where the log starts above all that is left, the batch that held its start is gone.
        Some(missing) if log_end > missing.base && log_start < log_end => {
            Err(format!("the log ends at {log_end}, but batch {} is not there", missing.base))
        }
        _ => Ok(()),
    }
}

fn check_log_start(truth: &Truth, log_start: i64) -> Result<(), String> {
    let (low, high) = (truth.log_start_checkpointed, truth.log_start_max);
    if log_start < low {
        return Err(format!("log start offset {log_start} is below the checkpointed {low}"));
    }
    if log_start > high && !matches!(truth.pending, Pending::Restart(_)) {
        return Err(format!("log start offset {log_start} is above {high}, the highest it ever was"));
    }
    Ok(())
}

/// The log was to begin anew when it was interrupted, and it is empty: it begins where it was told to, or, with its old
/// segments gone and the new one not yet there, where its start was last checkpointed, or what was left of its first
/// segment did not hold together.
fn adopt_restart(truth: &mut Truth, log: &Log, offset: i64, before: Before) -> Result<(), String> {
    let (log_start, log_end) = (log.log_start_offset().0, log.log_end_offset().0);
    let is_old_start = (truth.log_start_checkpointed..=truth.log_start_max).contains(&log_end);
    if log_start == log_end && log_end == offset {
        truth.restarted(offset);
    } else if log_start == log_end && (is_old_start || log_end == truth.log_start_on_disk) {
        truth.set_end(log_end);
        truth.log_start = log_end;
        truth.log_start_checkpointed = truth.log_start_checkpointed.min(log_end);
        truth.replays.insert(log_end);
    } else {
        return Err(format!("the empty log is {log_start} to {log_end}, but was to begin anew at {offset}"));
    }
    // While the machine runs on, nobody knows whether the new segment has its name on the platter.
    truth.durable = if before == Before::Kill { truth.log_start_on_disk.min(log_end) } else { log_end };
    Ok(())
}
