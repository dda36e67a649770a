//! What a control record says.

use anyhow::Context;
use ottla_record::{ControlRecordType, EndTxnMarker, Record};

/// The record in the words of its line.
pub(super) fn describe(record: &Record<'_>) -> anyhow::Result<String> {
    let kind = ControlRecordType::of(record)?;
    Ok(match kind {
        ControlRecordType::Abort => {
            format!("endTxnMarker: ABORT coordinatorEpoch: {}", coordinator_epoch(record)?)
        }
        ControlRecordType::Commit => {
            format!("endTxnMarker: COMMIT coordinatorEpoch: {}", coordinator_epoch(record)?)
        }
        kind => format!("controlType: UNKNOWN({})", kind.id()),
    })
}

fn coordinator_epoch(record: &Record<'_>) -> anyhow::Result<i32> {
    let marker = EndTxnMarker::of(record).context("not a marker")?;
    Ok(marker.coordinator_epoch)
}
