//! What our logs are made to hold, a partition each.

use ottla_log::config::{CompressionPolicy, LogConfig};
use ottla_record::{Codec, Compression, Offset, ProducerId, TimestampType, TransactionResult};

use super::writer::{Lot, PLAIN, Writer};
use crate::load;

/// One partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Its topic.
    pub(super) topic: &'static str,
    /// Whether Kafka, building the indexes from the log alone, makes the same ones. A log that was reopened or cut counts
    /// the bytes since its last index entry from there.
    pub(super) indexes_rebuild_alike: bool,
    pub(super) config: fn() -> LogConfig,
    pub(super) write: fn(Writer) -> anyhow::Result<Writer>,
}

pub(super) const PLANS: &[Plan] = &[
    Plan { topic: "codecs", indexes_rebuild_alike: true, config: small, write: codecs },
    Plan { topic: "recompressed", indexes_rebuild_alike: true, config: recompressing, write: codecs },
    Plan { topic: "append-time", indexes_rebuild_alike: true, config: append_time, write: codecs },
    Plan { topic: "one-segment", indexes_rebuild_alike: true, config: one_segment, write: plain },
    Plan { topic: "rolls-by-index", indexes_rebuild_alike: true, config: tiny_index, write: plain },
    Plan { topic: "rolls-by-time", indexes_rebuild_alike: true, config: short_time, write: plain },
    Plan { topic: "preallocated", indexes_rebuild_alike: true, config: preallocated, write: plain },
    Plan { topic: "idempotent", indexes_rebuild_alike: true, config: small, write: idempotent },
    Plan { topic: "transactions", indexes_rebuild_alike: true, config: small, write: transactions },
    Plan { topic: "empty", indexes_rebuild_alike: true, config: small, write: Ok },
    Plan { topic: "epochs", indexes_rebuild_alike: false, config: small, write: epochs },
    Plan { topic: "truncated", indexes_rebuild_alike: false, config: small, write: truncated },
    Plan { topic: "start-moved", indexes_rebuild_alike: false, config: small, write: start_moved },
    Plan { topic: "started-over", indexes_rebuild_alike: false, config: small, write: started_over },
    Plan { topic: "retained", indexes_rebuild_alike: false, config: retaining, write: retained },
];

/// Segments that hold a few batches; indexes as the judges build them.
fn small() -> LogConfig {
    LogConfig { segment_bytes: 9_000, ..LogConfig::clone(&load::config()) }
}

fn recompressing() -> LogConfig {
    LogConfig { compression_type: CompressionPolicy::Topic(Compression::of(Codec::Zstd)), ..small() }
}

fn append_time() -> LogConfig {
    LogConfig { message_timestamp_type: TimestampType::LogAppendTime, ..small() }
}

fn one_segment() -> LogConfig {
    LogConfig { segment_bytes: 1 << 30, ..small() }
}

fn tiny_index() -> LogConfig {
    LogConfig { segment_index_bytes: 96, ..one_segment() }
}

fn short_time() -> LogConfig {
    LogConfig { segment_ms: 200, ..one_segment() }
}

fn preallocated() -> LogConfig {
    LogConfig { preallocate: true, ..small() }
}

fn retaining() -> LogConfig {
    LogConfig { retention_bytes: Some(20_000), retention_ms: Some(1500), ..small() }
}

fn plain(mut writer: Writer) -> anyhow::Result<Writer> {
    for _ in 0..120 {
        writer.append(PLAIN)?;
    }
    Ok(writer)
}

fn codecs(mut writer: Writer) -> anyhow::Result<Writer> {
    for _ in 0..25 {
        for codec in Codec::ALL {
            writer.append(Lot { codec, records_max: 20, ..PLAIN })?;
        }
    }
    Ok(writer)
}

fn idempotent(mut writer: Writer) -> anyhow::Result<Writer> {
    for _ in 0..100 {
        let producer = Some(ProducerId(1000 + writer.dice.below(7) as i64));
        writer.append(Lot { producer, ..PLAIN })?;
    }
    Ok(writer)
}

/// Committed, aborted and, of the last producer, left open.
fn transactions(mut writer: Writer) -> anyhow::Result<Writer> {
    for round in 0..60 {
        let producer = ProducerId(2000 + round % 5);
        for _ in 0..=writer.dice.below(3) {
            writer.append(Lot { producer: Some(producer), is_transactional: true, ..PLAIN })?;
            writer.append(PLAIN)?;
        }
        match round % 3 {
            _ if round >= 58 => {}
            0 => writer.end(producer, TransactionResult::Abort)?,
            _ => writer.end(producer, TransactionResult::Commit)?,
        }
        writer.replicate();
    }
    Ok(writer)
}

fn epochs(mut writer: Writer) -> anyhow::Result<Writer> {
    for _ in 0..8 {
        for _ in 0..12 {
            writer.append(PLAIN)?;
        }
        writer.next_epoch();
        writer = writer.reopen()?;
    }
    Ok(writer)
}

/// A follower's life: what it has is cut back, and another leader's records follow.
fn truncated(mut writer: Writer) -> anyhow::Result<Writer> {
    for back in [1, 7, 60, 3] {
        writer = transactions(plain(writer)?)?;
        let now = writer.now;
        let target = Offset(writer.log().log_end_offset().0 - back);
        writer.log().truncate_to(target, now)?;
        writer.next_epoch();
    }
    plain(writer)
}

fn start_moved(writer: Writer) -> anyhow::Result<Writer> {
    let mut writer = plain(transactions(writer)?)?;
    writer.replicate();
    let now = writer.now;
    let middle = Offset(writer.log().log_end_offset().0 / 2);
    writer.log().maybe_increment_log_start_offset(middle)?;
    writer.log().delete_old_segments(now)?;
    remove_deleted(&mut writer)?;
    plain(writer)
}

fn started_over(writer: Writer) -> anyhow::Result<Writer> {
    let mut writer = plain(writer)?;
    let now = writer.now;
    writer.log().truncate_fully_and_start_at(Offset(5000), None, now)?;
    remove_deleted(&mut writer)?;
    plain(writer)
}

fn retained(writer: Writer) -> anyhow::Result<Writer> {
    let mut writer = plain(plain(writer)?)?;
    writer.replicate();
    let now = writer.now;
    writer.log().delete_old_segments(now)?;
    remove_deleted(&mut writer)?;
    plain(writer)
}

/// Removes what was renamed for removal, as a broker does a minute later.
fn remove_deleted(writer: &mut Writer) -> anyhow::Result<()> {
    while let Some(due) = writer.log().next_deletion_due() {
        if let Some(job) = writer.log().due_deletions(due) {
            job.run()?;
        }
    }
    Ok(())
}
