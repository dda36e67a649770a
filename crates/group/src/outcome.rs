//! What comes in beside a request, and what comes out.

use ottla_wire::api::delete_groups::DeletableGroupResult;
use ottla_wire::api::describe_groups::DescribedGroup;
use ottla_wire::api::offset_fetch::OffsetFetchResponseGroup;
use ottla_wire::messages::{
    HeartbeatResponse, JoinGroupResponse, LeaveGroupResponse, ListGroupsResponse, OffsetCommitResponse,
    OffsetDeleteResponse, SyncGroupResponse, TxnOffsetCommitResponse,
};
use ottla_wire::{ErrorCode, KafkaString};

use crate::writes::Write;

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub struct RequestContext<'a> {
    /// Version of the request.
    pub api_version: i16,
    /// `client.id` of the request's header; empty for none.
    pub client_id: &'a str,
    /// Address of the client as Java prints it, for instance `/127.0.0.1`.
    pub client_host: &'a str,
}

/// What came of something that the coordinator was told.
#[derive(Debug, Default)]
#[must_use = "replies must leave and records must be written"]
pub struct Outcome {
    /// Replies that may leave now.
    pub replies: Vec<Reply>,
    /// Batches to append, in this order, before the coordinator is told anything else.
    pub writes: Vec<Write>,
}

/// The answer to a request of groups.
pub type Reply = ottla_coordinator::Reply<Response>;

/// Answers of each kind. Throttle times are left to the sender.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// To JoinGroup. Without a protocol name, which versions up to 6 write as an empty one.
    JoinGroup(JoinGroupResponse),
    /// To SyncGroup.
    SyncGroup(SyncGroupResponse),
    /// To Heartbeat.
    Heartbeat(HeartbeatResponse),
    /// To LeaveGroup, in the form of the request's version.
    LeaveGroup(LeaveGroupResponse),
    /// To OffsetCommit.
    OffsetCommit(OffsetCommitResponse),
    /// To TxnOffsetCommit.
    TxnOffsetCommit(TxnOffsetCommitResponse),
    /// To the end of a transaction: what appending its marker came to.
    EndTransaction(ErrorCode),
    /// To one group's part of OffsetFetch. After an error it has no topics.
    OffsetFetch(OffsetFetchResponseGroup),
    /// To OffsetDelete.
    OffsetDelete(OffsetDeleteResponse),
    /// To one coordinator's part of DeleteGroups.
    DeleteGroups(Vec<DeletableGroupResult>),
    /// To one coordinator's part of DescribeGroups.
    DescribeGroups(Vec<DescribedGroup>),
    /// To one coordinator's part of ListGroups.
    ListGroups(ListGroupsResponse),
}

impl Response {
    /// The answer in place of this one when what it depends on could not be written.
    pub(crate) fn into_failure(self, error: ErrorCode) -> Self {
        let code = operation_error(error).number();
        match self {
            Self::JoinGroup(response) => {
                let code = group_metadata_error(error).number();
                Self::JoinGroup(JoinGroupResponse {
                    error_code: code,
                    member_id: response.member_id,
                    ..JoinGroupResponse::default()
                })
            }
            Self::SyncGroup(_) => {
                let code = group_metadata_error(error).number();
                Self::SyncGroup(SyncGroupResponse { error_code: code, ..SyncGroupResponse::default() })
            }
            Self::Heartbeat(_) => {
                Self::Heartbeat(HeartbeatResponse { error_code: code, ..HeartbeatResponse::default() })
            }
            Self::LeaveGroup(_) => {
                Self::LeaveGroup(LeaveGroupResponse { error_code: code, ..LeaveGroupResponse::default() })
            }
            Self::OffsetCommit(mut response) => {
                let partitions = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
                partitions.for_each(|partition| partition.error_code = code);
                Self::OffsetCommit(response)
            }
            Self::TxnOffsetCommit(mut response) => {
                let partitions = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
                partitions.for_each(|partition| partition.error_code = code);
                Self::TxnOffsetCommit(response)
            }
            // The coordinator of the transaction knows what an append can end in.
            Self::EndTransaction(_) => Self::EndTransaction(error),
            Self::OffsetFetch(mut response) => {
                response.topics.clear();
                response.error_code = offset_fetch_error(error).number();
                Self::OffsetFetch(response)
            }
            Self::OffsetDelete(_) => Self::OffsetDelete(OffsetDeleteResponse {
                error_code: code,
                ..OffsetDeleteResponse::default()
            }),
            Self::DeleteGroups(mut results) => {
                results.iter_mut().for_each(|result| result.error_code = code);
                Self::DeleteGroups(results)
            }
            Self::DescribeGroups(groups) => Self::DescribeGroups(
                groups.into_iter().map(|group| described_failure(group.group_id, code)).collect(),
            ),
            Self::ListGroups(_) => {
                Self::ListGroups(ListGroupsResponse { error_code: code, ..ListGroupsResponse::default() })
            }
        }
    }
}

fn described_failure(group_id: KafkaString, error_code: i16) -> DescribedGroup {
    DescribedGroup { group_id, error_code, ..DescribedGroup::default() }
}

/// What an append's error is to a member whose group could not be stored.
pub(crate) fn group_metadata_error(append: ErrorCode) -> ErrorCode {
    match append {
        ErrorCode::UnknownTopicOrPartition | ErrorCode::NotEnoughReplicas | ErrorCode::RequestTimedOut => {
            ErrorCode::CoordinatorNotAvailable
        }
        ErrorCode::NotLeaderOrFollower | ErrorCode::KafkaStorageError => ErrorCode::NotCoordinator,
        ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge | ErrorCode::InvalidFetchSize => {
            ErrorCode::UnknownServerError
        }
        other => other,
    }
}

/// What an append's error is to the sender of any other request; so is the error of a transaction's coordinator that
/// was asked before, which clients of this API do not expect.
pub fn operation_error(append: ErrorCode) -> ErrorCode {
    match append {
        ErrorCode::NetworkException => ErrorCode::CoordinatorLoadInProgress,
        other => group_metadata_error(other),
    }
}

/// Old consumers do not try again after `COORDINATOR_NOT_AVAILABLE`, but do look for the coordinator anew.
fn offset_fetch_error(append: ErrorCode) -> ErrorCode {
    match operation_error(append) {
        ErrorCode::CoordinatorNotAvailable => ErrorCode::NotCoordinator,
        other => other,
    }
}
