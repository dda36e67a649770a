//! Records of the topic that says what lies in tiered storage.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_record::Record;
use ottla_wire::remote::RemoteLogRecord;
use ottla_wire::remote::remote_log_segment_metadata::RemoteLogSegmentMetadataRecord;
use ottla_wire::remote::remote_log_segment_metadata_snapshot::RemoteLogSegmentMetadataSnapshotRecord;
use ottla_wire::remote::remote_log_segment_metadata_update::RemoteLogSegmentMetadataUpdateRecord;
use ottla_wire::remote::remote_partition_delete_metadata::RemotePartitionDeleteMetadataRecord;
use ottla_wire::{Message, Uuid};

use super::frame::{self, Framed};
use super::{Decoded, Decoder, kafka_reader};

/// How Java refuses to look into a value that is not there.
const NO_VALUE: &str = "Cannot invoke \"java.nio.ByteBuffer.remaining()\" because the return value of \
                        \"org.apache.kafka.common.record.internal.Record.value()\" is null";
const SEGMENT_STATES: [&str; 4] =
    ["COPY_SEGMENT_STARTED", "COPY_SEGMENT_FINISHED", "DELETE_SEGMENT_STARTED", "DELETE_SEGMENT_FINISHED"];
const PARTITION_STATES: [&str; 3] =
    ["DELETE_PARTITION_MARKED", "DELETE_PARTITION_STARTED", "DELETE_PARTITION_FINISHED"];

/// Prints values as Kafka's classes print themselves; keys there are none.
#[derive(Debug)]
pub(in crate::tools::dump_log) struct RemoteLogMetadata;

impl Decoder for RemoteLogMetadata {
    fn decode<'a>(&self, record: &Record<'a>) -> anyhow::Result<Decoded<'a>> {
        let text = record.value.ok_or_else(|| NO_VALUE.to_owned()).and_then(decode);
        let text = text.unwrap_or_else(|why| format!("Error at offset {}, skipping. {why}", record.offset));
        Ok(Decoded { key: None, value: Some(text.into()) })
    }
}

fn decode(value: &[u8]) -> Result<String, String> {
    let framed = frame::open(RemoteLogRecord::SCHEMAS, value)?;
    match framed.key {
        0 => segment(&read(&framed)?),
        1 => segment_update(&read(&framed)?),
        2 => partition_delete(&read(&framed)?),
        _ => segment_snapshot(&read(&framed)?),
    }
}

fn read<M: Message>(framed: &Framed<'_>) -> Result<M, String> {
    let read = kafka_reader::read(M::SCHEMA, framed.version, framed.body).map_err(|_| framed.unreadable())?;
    framed.check_end(read.left)?;
    M::decode(read.message, read.version).map_err(|_| framed.unreadable())
}

fn segment(record: &RemoteLogSegmentMetadataRecord) -> Result<String, String> {
    let (start, end) = (record.start_offset, record.end_offset);
    if start < 0 {
        return Err(format!(
            "Unexpected start offset = {start}. StartOffset for a remote segment cannot be negative"
        ));
    }
    if end < start {
        return Err(format!(
            "Unexpected end offset = {end}. EndOffset for a remote segment cannot be less than startOffset = {start}"
        ));
    }
    let epochs = epochs(record.segment_leader_epochs.iter().map(|entry| (entry.leader_epoch, entry.offset)))?;
    let partition = &record.remote_log_segment_id.topic_id_partition;
    Ok(format!(
        "RemoteLogSegmentMetadata{{remoteLogSegmentId={}, startOffset={start}, endOffset={end}, brokerId={}, \
         maxTimestampMs={}, eventTimestampMs={}, segmentLeaderEpochs={epochs}, segmentSizeInBytes={}, \
         customMetadata={}, state={}, txnIdxEmpty={}}}",
        segment_id(
            &topic_partition(partition.id, &partition.name, partition.partition),
            record.remote_log_segment_id.id
        ),
        record.broker_id,
        record.max_timestamp_ms,
        record.event_timestamp_ms,
        record.segment_size_in_bytes,
        custom_metadata(record.custom_metadata.as_ref()),
        segment_state(record.remote_log_segment_state)?,
        record.txn_index_empty,
    ))
}

fn segment_update(record: &RemoteLogSegmentMetadataUpdateRecord) -> Result<String, String> {
    let partition = &record.remote_log_segment_id.topic_id_partition;
    Ok(format!(
        "RemoteLogSegmentMetadataUpdate{{remoteLogSegmentId={}, customMetadata={}, state={}, eventTimestampMs={}, \
         brokerId={}}}",
        segment_id(
            &topic_partition(partition.id, &partition.name, partition.partition),
            record.remote_log_segment_id.id
        ),
        custom_metadata(record.custom_metadata.as_ref()),
        segment_state(record.remote_log_segment_state)?,
        record.event_timestamp_ms,
        record.broker_id,
    ))
}

fn partition_delete(record: &RemotePartitionDeleteMetadataRecord) -> Result<String, String> {
    let partition = &record.topic_id_partition;
    let state = usize::try_from(record.remote_partition_delete_state).ok();
    // Java's check of this state, unlike that of a segment's, has no words.
    let state = state.and_then(|state| PARTITION_STATES.get(state)).ok_or_else(|| "null".to_owned())?;
    Ok(format!(
        "RemotePartitionDeleteMetadata{{topicPartition={}, state={state}, eventTimestampMs={}, brokerId={}}}",
        topic_partition(partition.id, &partition.name, partition.partition),
        record.event_timestamp_ms,
        record.broker_id,
    ))
}

fn segment_snapshot(record: &RemoteLogSegmentMetadataSnapshotRecord) -> Result<String, String> {
    let state = segment_state(record.remote_log_segment_state)?;
    let epochs = epochs(record.segment_leader_epochs.iter().map(|entry| (entry.leader_epoch, entry.offset)))?;
    Ok(format!(
        "RemoteLogSegmentMetadataSnapshot{{segmentId={}, startOffset={}, endOffset={}, maxTimestampMs={}, \
         segmentLeaderEpochs={epochs}, segmentSizeInBytes={}, customMetadata={}, state={state}, txnIdxEmpty={}}}",
        record.segment_id,
        record.start_offset,
        record.end_offset,
        record.max_timestamp_ms,
        record.segment_size_in_bytes,
        custom_metadata(record.custom_metadata.as_ref()),
        record.txn_index_empty,
    ))
}

fn topic_partition(id: Uuid, name: &str, partition: i32) -> String {
    format!("{id}:{name}-{partition}")
}

fn segment_id(topic_partition: &str, id: Uuid) -> String {
    format!("RemoteLogSegmentId{{topicIdPartition={topic_partition}, id={id}}}")
}

/// The epochs in their order, of equal ones the last told.
fn epochs(entries: impl Iterator<Item = (i32, i64)>) -> Result<String, String> {
    let epochs: BTreeMap<i32, i64> = entries.collect();
    if epochs.is_empty() {
        return Err("segmentLeaderEpochs can not be null or empty".to_owned());
    }
    let entries: Vec<String> = epochs.iter().map(|(epoch, offset)| format!("{epoch}={offset}")).collect();
    Ok(format!("{{{}}}", entries.join(", ")))
}

fn custom_metadata(bytes: Option<&Bytes>) -> String {
    match bytes {
        Some(bytes) => format!("Optional[CustomMetadata{{{} bytes}}]", bytes.len()),
        None => "Optional.empty".to_owned(),
    }
}

fn segment_state(state: i8) -> Result<&'static str, String> {
    let state = usize::try_from(state).ok().and_then(|state| SEGMENT_STATES.get(state));
    state.copied().ok_or_else(|| "state can not be null".to_owned())
}
