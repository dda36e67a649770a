//! Offsets that are committed in transactions: TxnOffsetCommit, and the markers that end transactions.

use ottla_coordinator::{Now, Token, TransactionEnd, TransactionalProducer, WriteTransaction};
use ottla_record::{LeaderEpoch, Offset, ProducerId, Timestamp};
use ottla_wire::api::txn_offset_commit::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use ottla_wire::messages::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};
use ottla_wire::{ErrorCode, Uuid};

use super::GroupCoordinator;
use super::commit::is_too_long;
use crate::offsets::OffsetAndMetadata;
use crate::outcome::{Outcome, Response};
use crate::record::GroupRecord;

impl GroupCoordinator {
    /// Stores how far a group has read, if the producer's transaction is committed.
    ///
    /// Whether the transaction is open, and the coordinator's partition part of it, is for whoever appends to find out.
    pub fn handle_txn_offset_commit(
        &mut self,
        now: Now,
        request: &TxnOffsetCommitRequest,
        token: Token,
    ) -> Outcome {
        let response = match self.validate_txn_commit(request) {
            Ok(()) => self.commit_in_transaction(now, request),
            Err(error) => respond(request, |_| error),
        };
        self.reply(token, Response::TxnOffsetCommit(response));
        self.take_outcome()
    }

    /// A transaction has ended that the partition was part of: its marker is appended, and what it committed counts, or
    /// never will. The answer waits until the marker is safe.
    pub fn handle_transaction_end(&mut self, end: TransactionEnd, token: Token) -> Outcome {
        self.write_in_transaction(Vec::new(), WriteTransaction::Ends(end));
        self.reply(token, Response::EndTransaction(ErrorCode::None));
        self.take_outcome()
    }

    fn validate_txn_commit(&self, request: &TxnOffsetCommitRequest) -> Result<(), ErrorCode> {
        let instance_id = request.group_instance_id.as_ref();
        match self.groups.get(&request.group_id) {
            Some(group) => {
                group.validate_txn_offset_commit(request.generation_id, &request.member_id, instance_id)
            }
            // Offsets need no members.
            None if request.generation_id < 0 => Ok(()),
            None if self.others.contains(&request.group_id) => Err(ErrorCode::UnknownMemberId),
            None => Err(ErrorCode::IllegalGeneration),
        }
    }

    fn commit_in_transaction(
        &mut self,
        now: Now,
        request: &TxnOffsetCommitRequest,
    ) -> TxnOffsetCommitResponse {
        let max = self.config.offset_metadata_max_bytes;
        let is_refused = |partition: &TxnOffsetCommitRequestPartition| {
            is_too_long(partition.committed_metadata.as_ref(), max)
        };
        let mut records = Vec::with_capacity(request.topics.iter().map(|topic| topic.partitions.len()).sum());
        for topic in &request.topics {
            let accepted = topic.partitions.iter().filter(|partition| !is_refused(partition));
            records.extend(accepted.map(|partition| {
                let offset = committed(now.time_of_day, partition);
                GroupRecord::offset_commit(&request.group_id, &topic.name, partition.partition_index, offset)
            }));
        }
        if !records.is_empty() {
            let (id, epoch) = (ProducerId(request.producer_id), request.producer_epoch);
            self.write_in_transaction(records, WriteTransaction::Within(TransactionalProducer { id, epoch }));
        }
        respond(request, |partition| match is_refused(partition) {
            true => ErrorCode::OffsetMetadataTooLarge,
            false => ErrorCode::None,
        })
    }
}

fn committed(now: Timestamp, partition: &TxnOffsetCommitRequestPartition) -> OffsetAndMetadata {
    OffsetAndMetadata {
        record_offset: Offset::NONE,
        committed_offset: Offset(partition.committed_offset),
        leader_epoch: LeaderEpoch(partition.committed_leader_epoch),
        metadata: partition.committed_metadata.clone().unwrap_or_default(),
        commit_timestamp: now,
        expire_timestamp: None,
        // The request has no words for it, in any version.
        topic_id: Uuid::ZERO,
    }
}

fn respond(
    request: &TxnOffsetCommitRequest,
    error_of: impl Fn(&TxnOffsetCommitRequestPartition) -> ErrorCode,
) -> TxnOffsetCommitResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| TxnOffsetCommitResponsePartition {
            partition_index: partition.partition_index,
            error_code: error_of(partition).number(),
            ..TxnOffsetCommitResponsePartition::default()
        });
        TxnOffsetCommitResponseTopic {
            name: topic.name.clone(),
            partitions: partitions.collect(),
            ..TxnOffsetCommitResponseTopic::default()
        }
    });
    TxnOffsetCommitResponse { topics: topics.collect(), ..TxnOffsetCommitResponse::default() }
}
