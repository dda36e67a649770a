//! What a control record says.

use anyhow::{Context, anyhow};
use bytes::Bytes;
use ottla_record::{ControlRecordType, EndTxnMarker, Record};
use ottla_wire::control::kraft_version::KRaftVersionRecord;
use ottla_wire::control::leader_change::LeaderChangeMessage;
use ottla_wire::control::snapshot::{SnapshotFooterRecord, SnapshotHeaderRecord};
use ottla_wire::control::voters::VotersRecord;
use ottla_wire::{Message, json};

use crate::java::write_json;

/// Kafka reads the records of a quorum at this version whatever they say.
const READ_AT_VERSION: i16 = 0;

/// The record in the words of its line.
pub(super) fn describe(record: &Record<'_>) -> anyhow::Result<String> {
    Ok(match ControlRecordType::of(record)? {
        ControlRecordType::Abort => end_marker("ABORT", record)?,
        ControlRecordType::Commit => end_marker("COMMIT", record)?,
        ControlRecordType::LeaderChange => {
            message("LeaderChange: ", record, |message: &LeaderChangeMessage| message.version)?
        }
        ControlRecordType::SnapshotHeader => {
            message("SnapshotHeader ", record, |message: &SnapshotHeaderRecord| message.version)?
        }
        ControlRecordType::SnapshotFooter => {
            message("SnapshotFooter ", record, |message: &SnapshotFooterRecord| message.version)?
        }
        ControlRecordType::KRaftVersion => {
            message("KRaftVersion ", record, |message: &KRaftVersionRecord| message.version)?
        }
        ControlRecordType::KRaftVoters => {
            message("KRaftVoters ", record, |message: &VotersRecord| message.version)?
        }
        ControlRecordType::Unknown(id) => format!("controlType: UNKNOWN({id})"),
    })
}

fn end_marker(result: &str, record: &Record<'_>) -> anyhow::Result<String> {
    let marker = EndTxnMarker::of(record)?;
    Ok(format!("endTxnMarker: {result} coordinatorEpoch: {}", marker.coordinator_epoch))
}

/// The label and the message as JSON at the version that the message itself names.
fn message<M: Message>(label: &str, record: &Record<'_>, version: fn(&M) -> i16) -> anyhow::Result<String> {
    let value = record.value.ok_or_else(|| anyhow!("a {} has no value", M::NAME))?;
    let message = M::decode_prefix(&mut Bytes::copy_from_slice(value), READ_AT_VERSION)?;
    let version = version(&message).clamp(M::VALID.first, M::VALID.last);
    let json = json::to_json(&message, version).with_context(|| format!("a {} is unprintable", M::NAME))?;
    let mut text = label.to_owned();
    write_json(&mut text, &json);
    Ok(text)
}
