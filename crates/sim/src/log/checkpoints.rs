//! The files of a log directory that outlive the process, written and read in the order a broker does it.

use std::path::Path;
use std::sync::Arc;

use ottla_io::sim::SimDisk;
use ottla_io::{Disk, OpenMode};
use ottla_log::checkpoint::OffsetCheckpoint;
use ottla_log::log::Log;
use ottla_log::paths::{CLEAN_SHUTDOWN, LOG_START_CHECKPOINT, RECOVERY_POINT_CHECKPOINT, TopicPartition};
use ottla_record::Offset;

/// The log directory.
pub(super) const LOG_DIR: &str = "/logs";

/// What a broker knows of a log before it opens it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checkpointed {
    pub(super) clean_shutdown: bool,
    pub(super) recovery_point: Offset,
    pub(super) log_start_offset: Offset,
}

pub(super) fn partition() -> TopicPartition {
    TopicPartition { topic: "t".to_owned(), partition: 0 }
}

/// Writes the recovery point of a log.
pub(super) fn write_recovery_point(disk: &SimDisk, log: &Log) -> Result<(), String> {
    write(disk, RECOVERY_POINT_CHECKPOINT, Some(log.recovery_point()))
}

/// Writes the log start offset of a log, if it does not follow from its segments.
pub(super) fn write_log_start(disk: &SimDisk, log: &Log) -> Result<(), String> {
    let start = Some(log.log_start_offset()).filter(|start| *start > log.first_segment_base_offset());
    write(disk, LOG_START_CHECKPOINT, start)
}

fn write(disk: &SimDisk, name: &str, offset: Option<Offset>) -> Result<(), String> {
    let partition = partition();
    let checkpoint = OffsetCheckpoint::new(Arc::new(disk.clone()), Path::new(LOG_DIR), name);
    checkpoint.write(offset.iter().map(|offset| (&partition, *offset))).map_err(|error| error.to_string())
}

/// Leaves the mark of a log directory that was closed in good order.
pub(super) fn write_clean_shutdown(disk: &SimDisk) -> Result<(), String> {
    let path = Path::new(LOG_DIR).join(CLEAN_SHUTDOWN);
    let file = disk.open(&path, OpenMode::Truncate).map_err(|error| error.to_string())?;
    let body = br#"{"version":0,"brokerEpoch":1}"#;
    file.write_all_at(body, 0)
        .and_then(|()| file.sync())
        .and_then(|()| disk.sync_dir(Path::new(LOG_DIR)))
        .map_err(|error| error.to_string())
}

/// Reads what the last run left, and takes the mark of a clean shutdown away before anything is changed.
pub(super) fn read(disk: &SimDisk) -> Result<Checkpointed, String> {
    let path = Path::new(LOG_DIR).join(CLEAN_SHUTDOWN);
    // A process that died may have replaced a checkpoint in memory alone; what is read here must stay.
    disk.sync_dir(Path::new(LOG_DIR)).map_err(|error| error.to_string())?;
    let clean_shutdown = disk.exists(&path).map_err(|error| error.to_string())?;
    if clean_shutdown {
        disk.remove_file(&path)
            .and_then(|()| disk.sync_dir(Path::new(LOG_DIR)))
            .map_err(|error| error.to_string())?;
    }
    let offset = |name| {
        let checkpoint = OffsetCheckpoint::new(Arc::new(disk.clone()), Path::new(LOG_DIR), name);
        let offsets = checkpoint.read().map_err(|error| error.to_string())?;
        Ok::<_, String>(offsets.get(&partition()).copied().unwrap_or(Offset(0)))
    };
    Ok(Checkpointed {
        clean_shutdown,
        recovery_point: offset(RECOVERY_POINT_CHECKPOINT)?,
        log_start_offset: offset(LOG_START_CHECKPOINT)?,
    })
}
