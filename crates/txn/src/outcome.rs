//! What comes out.

use ottla_record::{NO_PRODUCER_EPOCH, ProducerId};
use ottla_wire::ErrorCode;
use ottla_wire::api::add_partitions_to_txn::AddPartitionsToTxnResult;
use ottla_wire::api::{describe_transactions, list_transactions};
use ottla_wire::messages::{AddOffsetsToTxnResponse, EndTxnResponse, InitProducerIdResponse};

use crate::marker::MarkersToWrite;
use crate::record::TransactionRecord;

/// Records of transactions to append; they must become one batch.
pub type Write = ottla_coordinator::Write<TransactionRecord>;

/// The answer to a request about transactions.
pub type Reply = ottla_coordinator::Reply<Response>;

/// What came of something that the coordinator was told.
#[derive(Debug, Default)]
#[must_use = "replies must leave, records and markers must be written"]
pub struct Outcome {
    /// Replies that may leave now.
    pub replies: Vec<Reply>,
    /// Batches to append, in this order, before the coordinator is told anything else.
    pub writes: Vec<Write>,
    /// Markers to write; each of them rests on a write that is committed.
    pub markers: Vec<MarkersToWrite>,
    /// How many calls of [`handle_producer_id`](crate::TransactionCoordinator::handle_producer_id) are to come, beside
    /// those that were asked for before.
    pub producer_ids_wanted: usize,
}

/// Answers of each kind. Throttle times are left to the sender.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// To InitProducerId.
    InitProducerId(InitProducerIdResponse),
    /// To one transaction's part of AddPartitionsToTxn.
    AddPartitionsToTxn(AddPartitionsToTxnResult),
    /// To AddOffsetsToTxn.
    AddOffsetsToTxn(AddOffsetsToTxnResponse),
    /// To EndTxn.
    EndTxn(EndTxnResponse),
    /// To one coordinator's part of DescribeTransactions, in the order of the ids.
    DescribeTransactions(Vec<describe_transactions::TransactionState>),
    /// To one coordinator's part of ListTransactions.
    ListTransactions(Vec<list_transactions::TransactionState>),
}

impl Response {
    /// The answer in place of this one when what it depends on could not be written, or not be decided here.
    pub(crate) fn into_failure(self, error: ErrorCode) -> Self {
        match self {
            Self::InitProducerId(_) => Self::InitProducerId(init_producer_id_error(error)),
            Self::AddPartitionsToTxn(mut result) => {
                let topics = result.topic_results.iter_mut();
                topics
                    .flat_map(|topic| &mut topic.results_by_partition)
                    .for_each(|partition| partition.partition_error_code = error.number());
                Self::AddPartitionsToTxn(result)
            }
            Self::AddOffsetsToTxn(_) => Self::AddOffsetsToTxn(add_offsets_to_txn_error(error)),
            Self::EndTxn(_) => Self::EndTxn(end_txn_error(error)),
            // They rest on no write.
            Self::DescribeTransactions(_) | Self::ListTransactions(_) => self,
        }
    }
}

pub(crate) fn init_producer_id_error(error: ErrorCode) -> InitProducerIdResponse {
    InitProducerIdResponse {
        error_code: error.number(),
        producer_id: ProducerId::NONE.0,
        producer_epoch: NO_PRODUCER_EPOCH,
        ..InitProducerIdResponse::default()
    }
}

pub(crate) fn add_offsets_to_txn_error(error: ErrorCode) -> AddOffsetsToTxnResponse {
    AddOffsetsToTxnResponse { error_code: error.number(), ..AddOffsetsToTxnResponse::default() }
}

pub(crate) fn end_txn_error(error: ErrorCode) -> EndTxnResponse {
    EndTxnResponse { error_code: error.number(), ..EndTxnResponse::default() }
}

/// What an append's error is to whoever's state could not be stored.
pub(crate) fn append_error(append: ErrorCode) -> ErrorCode {
    match append {
        ErrorCode::UnknownTopicOrPartition
        | ErrorCode::NotEnoughReplicas
        | ErrorCode::NotEnoughReplicasAfterAppend
        | ErrorCode::RequestTimedOut => ErrorCode::CoordinatorNotAvailable,
        ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
        ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge => ErrorCode::UnknownServerError,
        other => other,
    }
}
