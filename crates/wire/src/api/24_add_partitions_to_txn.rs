//! AddPartitionsToTxn, API key 24.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message, Struct};

/// Adds partitions to a transaction: sent by older producers up to version 3, and by brokers that verify or
/// add for many transactions from version 4 (KIP-890).
#[derive(Clone, Debug, PartialEq, Message)]
#[message(request = 24, valid = "0-5", flexible = "3+")]
pub struct AddPartitionsToTxnRequest {
    /// Transactions to extend or verify, from version 4.
    #[field(versions = "4+")]
    pub transactions: Vec<AddPartitionsToTxnTransaction>,
    /// Transactional id, up to version 3.
    #[field(versions = "0-3")]
    pub v3_and_below_transactional_id: KafkaString,
    /// Producer id of the transaction, up to version 3.
    #[field(versions = "0-3")]
    pub v3_and_below_producer_id: i64,
    /// Producer epoch of the transaction, up to version 3.
    #[field(versions = "0-3")]
    pub v3_and_below_producer_epoch: i16,
    /// Partitions to add, up to version 3.
    #[field(versions = "0-3")]
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// One transaction to extend or verify.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AddPartitionsToTxnTransaction {
    /// Transactional id of the producer.
    #[field(key)]
    pub transactional_id: KafkaString,
    /// Producer id the partition leader saw.
    pub producer_id: i64,
    /// Producer epoch the partition leader saw.
    pub producer_epoch: i16,
    /// Whether to check membership only and add nothing.
    pub verify_only: bool,
    /// Partitions to add or verify.
    pub topics: Vec<AddPartitionsToTxnTopic>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Partitions of one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AddPartitionsToTxnTopic {
    /// Topic name this entry is about.
    #[field(key)]
    pub name: KafkaString,
    /// Partition numbers to add or verify.
    pub partitions: Vec<i32>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Tells for each partition whether it is part of the transaction.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(response = 24, valid = "0-5", flexible = "3+")]
pub struct AddPartitionsToTxnResponse {
    /// Milliseconds the client should hold back its next request; 0 for none.
    pub throttle_time_ms: i32,
    /// Error of the request as a whole, from version 4; 0 for none.
    #[field(versions = "4+", ignorable)]
    pub error_code: i16,
    /// Result for each transaction, from version 4.
    #[field(versions = "4+")]
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>,
    /// Result for each topic, up to version 3.
    #[field(versions = "0-3")]
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one transaction.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AddPartitionsToTxnResult {
    /// Transaction these results are for.
    #[field(key)]
    pub transactional_id: KafkaString,
    /// Results for its partitions, by topic.
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Results for one topic.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AddPartitionsToTxnTopicResult {
    /// Topic name this entry is about.
    #[field(key)]
    pub name: KafkaString,
    /// Result for each partition.
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Result for one partition.
#[derive(Clone, Debug, PartialEq, Struct)]
pub struct AddPartitionsToTxnPartitionResult {
    /// Partition number within the topic.
    #[field(key)]
    pub partition_index: i32,
    /// 0 if the partition is in the transaction, else an error.
    pub partition_error_code: i16,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
