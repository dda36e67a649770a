//! The files `*.snapshot` of a partition.

use crate::{Message, Struct};

/// Content of a `.snapshot` file, the producer state of a log at an offset.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "1", flexible = "none")]
pub struct ProducerSnapshot {
    /// CRC-32C over everything after it.
    pub crc: u32,
    /// One entry for each producer still remembered.
    pub producer_entries: Vec<ProducerEntry>,
}

/// State of one producer.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct ProducerEntry {
    /// Id of the producer.
    pub producer_id: i64,
    /// Newest epoch seen from the producer.
    pub epoch: i16,
    /// Sequence number of its last record, -1 for none.
    pub last_sequence: i32,
    /// Offset of its last record, -1 for none.
    pub last_offset: i64,
    /// Distance from first to last record of its last batch.
    pub offset_delta: i32,
    /// Unix milliseconds of its last batch or marker.
    pub timestamp: i64,
    /// Coordinator epoch of its last marker, -1 for none.
    pub coordinator_epoch: i32,
    /// First offset of its open transaction, -1 for none.
    pub current_txn_first_offset: i64,
}
