//! Reading a partition, as its leader.

use ottla_log::error::DiskError;
use ottla_log::log::{FetchIsolation, Log, LogRead, ReadError, ReadOptions, StorageError};
use ottla_log::manager::lock;
use ottla_log::offsets::OffsetAndEpoch;
use ottla_record::{LeaderEpoch, Offset};

use super::Partition;
use super::error::ReadFailure;

/// What to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    /// First offset wanted.
    pub(crate) offset: Offset,
    /// Most bytes wanted.
    pub(crate) bytes_max: u32,
    /// Whether to give the first batch whole even if it is larger.
    pub(crate) min_one_message: bool,
    /// How far to go.
    pub(crate) isolation: FetchIsolation,
    /// The leader epoch that the reader knows, if it does.
    pub(crate) current_leader_epoch: Option<LeaderEpoch>,
    /// The epoch of the last record it has, if it can tell.
    pub(crate) last_fetched_epoch: Option<LeaderEpoch>,
}

/// What a read found.
#[derive(Debug)]
pub(crate) struct PartitionRead {
    /// The bounds of the log at that moment.
    pub(crate) high_watermark: Offset,
    /// Offset below which no transaction is undecided.
    pub(crate) last_stable_offset: Offset,
    /// First offset that may be read.
    pub(crate) log_start_offset: Offset,
    /// The records, or where the reader's log parts from this one.
    pub(crate) found: Found,
}

/// Records, or the reason why there can be none.
#[derive(Debug)]
pub(crate) enum Found {
    /// Records, if there are any.
    Records {
        /// What the log has.
        read: LogRead,
        /// Whether more than the rest of one segment lies before the reader, so that waiting gains nothing.
        is_behind: bool,
    },
    /// The reader's log ends differently in that epoch.
    Diverging(OffsetAndEpoch),
}

impl Partition {
    /// Reads from an offset on, as the leader.
    pub(crate) fn read(&self, read: &Read) -> Result<PartitionRead, ReadFailure> {
        let result = self.read_unreported(read);
        if let Err(ReadFailure::Log(ReadError::Storage(error))) = &result
            && error.disk().is_some()
        {
            self.directory().report_failure(error);
        }
        result
    }

    fn read_unreported(&self, read: &Read) -> Result<PartitionRead, ReadFailure> {
        self.check_epoch(read.current_leader_epoch)?;
        let mut log = lock(self.log());
        let (high_watermark, last_stable_offset) = (log.high_watermark(), log.last_stable_offset());
        let log_start_offset = log.log_start_offset();
        let found = match diverging_epoch(&log, read)? {
            Some(diverging) => Found::Diverging(diverging),
            None => {
                let options = ReadOptions {
                    start_offset: read.offset,
                    bytes_max: read.bytes_max,
                    min_one_message: read.min_one_message,
                    isolation: read.isolation,
                };
                let found = log.read(&options)?;
                let is_behind = is_behind(&mut log, &found, read.isolation);
                Found::Records { read: found, is_behind }
            }
        };
        Ok(PartitionRead { high_watermark, last_stable_offset, log_start_offset, found })
    }

    /// Reads whole batches from an offset on, up to the high watermark, into memory; none at the end.
    ///
    /// For coordinators that load their state. Blocks for as long as the disk takes.
    pub(crate) fn read_batches(
        &self,
        offset: Offset,
        bytes_max: u32,
    ) -> Result<Option<Vec<u8>>, ReadFailure> {
        let read = Read {
            offset,
            bytes_max,
            min_one_message: true,
            isolation: FetchIsolation::HighWatermark,
            current_leader_epoch: None,
            last_fetched_epoch: None,
        };
        let Found::Records { read, .. } = self.read(&read)?.found else { return Ok(None) };
        let Some(slice) = read.slice else { return Ok(None) };
        let mut bytes = vec![0; slice.len as usize];
        slice.file.read_exact_at(&mut bytes, slice.position.into()).map_err(|source| {
            StorageError::from(DiskError { action: "read", path: lock(self.log()).dir().to_owned(), source })
        })?;
        Ok(Some(bytes))
    }
}

/// Where the reader's log parts from this one, if it does.
fn diverging_epoch(log: &Log, read: &Read) -> Result<Option<OffsetAndEpoch>, ReadFailure> {
    let Some(last_fetched) = read.last_fetched_epoch else { return Ok(None) };
    let Some(end) = log.end_offset_for_epoch(last_fetched) else { return Err(ReadFailure::EpochOutOfRange) };
    let is_diverging = end.leader_epoch < last_fetched || end.offset < read.offset;
    Ok(is_diverging.then_some(end))
}

/// Whether what was found is in an older segment than the end of what may be seen.
fn is_behind(log: &mut Log, found: &LogRead, isolation: FetchIsolation) -> bool {
    let bound = match isolation {
        FetchIsolation::LogEnd => log.log_end_offset_metadata(),
        FetchIsolation::HighWatermark => log.high_watermark_metadata(),
        FetchIsolation::TransactionCommitted => log.last_stable_offset_metadata(),
    };
    match (found.fetch_offset.position, bound.position) {
        (Some(found), Some(bound)) => found.segment_base_offset < bound.segment_base_offset,
        _ => false,
    }
}
