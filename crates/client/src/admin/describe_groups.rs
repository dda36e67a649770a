//! Describing groups: ConsumerGroupDescribe (KIP-848), or DescribeGroups for classic ones.

use std::collections::BTreeSet;

use bytes::{Buf, Bytes};
use futures_util::future::join_all;
use ottla_wire::api::consumer_group_describe::{self, ConsumerGroupDescribeRequest};
use ottla_wire::api::describe_groups::{self, DescribeGroupsRequest};
use ottla_wire::protocol::consumer_assignment::ConsumerProtocolAssignment;
use ottla_wire::{ErrorCode, KafkaString, Message};

use super::{Admin, Results, outcome};
use crate::client::{Target, is_unsupported};
use crate::coordinator::CoordinatorKind;
use crate::error::{ApiError, ClientError};
use crate::metadata::Broker;
use crate::topic_partition::TopicPartition;

/// A group of consumers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its id.
    pub group_id: KafkaString,
    /// `classic` or `consumer`.
    pub group_type: KafkaString,
    /// Its protocol type; empty for a group that only keeps offsets.
    pub protocol_type: KafkaString,
    /// Its state, as Kafka writes it.
    pub state: KafkaString,
    /// The assignor in use; empty without one.
    pub assignor: KafkaString,
    /// Its members.
    pub members: Vec<GroupMember>,
    /// The broker that coordinates it.
    pub coordinator: Option<Broker>,
    /// Epoch of the group; not of a classic one.
    pub group_epoch: Option<i32>,
    /// Epoch of its target assignment; not of a classic one.
    pub target_assignment_epoch: Option<i32>,
    /// Bits of what the caller may do with the group, if told.
    pub authorized_operations: Option<i32>,
}

/// By which protocol a member of a consumer group takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// By the classic one.
    Classic,
    /// By the new one.
    Consumer,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// Its id.
    pub member_id: KafkaString,
    /// Its instance id, if it is a static member.
    pub instance_id: Option<KafkaString>,
    /// Its rack, if told.
    pub rack: Option<KafkaString>,
    /// Its client id.
    pub client_id: KafkaString,
    /// Where it connects from.
    pub host: KafkaString,
    /// The partitions that it has.
    pub assignment: BTreeSet<TopicPartition>,
    /// The partitions that it is to have; not in a classic group.
    pub target_assignment: Option<BTreeSet<TopicPartition>>,
    /// Its epoch; not in a classic group.
    pub epoch: Option<i32>,
    /// By which protocol it takes part, if told.
    pub kind: Option<MemberKind>,
}

impl Admin {
    /// Describes groups of consumers, each by itself, as their coordinators see them.
    pub async fn describe_groups(
        &self,
        group_ids: &[KafkaString],
        include_authorized_operations: bool,
    ) -> Results<KafkaString, GroupDescription> {
        let asked = group_ids.iter().map(|id| async move {
            (id.clone(), self.describe_group(id, include_authorized_operations).await)
        });
        join_all(asked).await.into_iter().collect()
    }

    async fn describe_group(
        &self,
        id: &KafkaString,
        operations: bool,
    ) -> Result<GroupDescription, ClientError> {
        let mut description = match self.describe_consumer_group(id, operations).await {
            Err(ClientError::Api(ApiError {
                code: code @ (ErrorCode::GroupIdNotFound | ErrorCode::UnsupportedVersion),
                message,
            })) => {
                let classic = self.describe_classic_group(id, operations).await;
                // What the newer API says of a missing group is more telling.
                classic.map_err(|error| match error {
                    ClientError::Api(error) if error.code == code && message.is_some() => {
                        ApiError { code, message }.into()
                    }
                    error => error,
                })?
            }
            Err(error) if is_unsupported(&error) => self.describe_classic_group(id, operations).await?,
            result => result?,
        };
        let coordinator = self.client.known_coordinator(CoordinatorKind::Group, id);
        let cluster = self.client.metadata().cluster();
        description.coordinator = coordinator.and_then(|id| cluster.brokers.get(&id)).cloned();
        Ok(description)
    }

    async fn describe_consumer_group(
        &self,
        id: &KafkaString,
        operations: bool,
    ) -> Result<GroupDescription, ClientError> {
        let request = ConsumerGroupDescribeRequest {
            group_ids: vec![id.clone()],
            include_authorized_operations: operations,
            ..ConsumerGroupDescribeRequest::default()
        };
        let response = self
            .call(&Target::group(id.clone()), request, |response| {
                response.groups.first().map_or(ErrorCode::None, |group| group.error_code.into())
            })
            .await?;
        let group = response.groups.into_iter().next().ok_or(ErrorCode::GroupIdNotFound)?;
        outcome(group.error_code, group.error_message.as_ref())?;
        Ok(GroupDescription {
            group_id: group.group_id,
            group_type: KafkaString::from_static("consumer"),
            protocol_type: KafkaString::from_static("consumer"),
            state: group.group_state,
            assignor: group.assignor_name,
            members: group.members.into_iter().map(consumer_member).collect(),
            coordinator: None,
            group_epoch: Some(group.group_epoch),
            target_assignment_epoch: Some(group.assignment_epoch),
            authorized_operations: Some(group.authorized_operations).filter(|bits| *bits != i32::MIN),
        })
    }

    async fn describe_classic_group(
        &self,
        id: &KafkaString,
        operations: bool,
    ) -> Result<GroupDescription, ClientError> {
        let request = DescribeGroupsRequest {
            groups: vec![id.clone()],
            include_authorized_operations: operations,
            ..DescribeGroupsRequest::default()
        };
        let response = self
            .call(&Target::group(id.clone()), request, |response| {
                response.groups.first().map_or(ErrorCode::None, |group| group.error_code.into())
            })
            .await?;
        let group = response.groups.into_iter().next().ok_or(ErrorCode::GroupIdNotFound)?;
        outcome(group.error_code, group.error_message.as_ref())?;
        if !group.protocol_type.is_empty() && &*group.protocol_type != "consumer" {
            let (id, kind) = (&group.group_id, &group.protocol_type);
            return Err(ClientError::Invalid(format!("group {id} is no group of consumers, but of {kind}")));
        }
        Ok(GroupDescription {
            group_id: group.group_id,
            group_type: KafkaString::from_static("classic"),
            protocol_type: group.protocol_type,
            state: group.group_state,
            assignor: group.protocol_data,
            members: group.members.into_iter().map(classic_member).collect(),
            coordinator: None,
            group_epoch: None,
            target_assignment_epoch: None,
            authorized_operations: Some(group.authorized_operations).filter(|bits| *bits != i32::MIN),
        })
    }
}

fn consumer_member(member: consumer_group_describe::Member) -> GroupMember {
    GroupMember {
        member_id: member.member_id,
        instance_id: member.instance_id,
        rack: member.rack_id,
        client_id: member.client_id,
        host: member.client_host,
        assignment: partitions(&member.assignment),
        target_assignment: Some(partitions(&member.target_assignment)),
        epoch: Some(member.member_epoch),
        kind: match member.member_type {
            0 => Some(MemberKind::Classic),
            1 => Some(MemberKind::Consumer),
            _ => None,
        },
    }
}

fn partitions(assignment: &consumer_group_describe::Assignment) -> BTreeSet<TopicPartition> {
    let topics = assignment.topic_partitions.iter();
    topics
        .flat_map(|topic| {
            topic.partitions.iter().map(|index| TopicPartition::new(topic.topic_name.clone(), *index))
        })
        .collect()
}

fn classic_member(member: describe_groups::DescribedGroupMember) -> GroupMember {
    GroupMember {
        member_id: member.member_id,
        instance_id: member.group_instance_id,
        rack: None,
        client_id: member.client_id,
        host: member.client_host,
        assignment: classic_assignment(member.member_assignment).unwrap_or_default(),
        target_assignment: None,
        epoch: None,
        kind: None,
    }
}

/// The partitions in a classic assignment: behind its version, of which a later one is read as the last known.
fn classic_assignment(mut bytes: Bytes) -> Option<BTreeSet<TopicPartition>> {
    let version = bytes.try_get_i16().ok()?.clamp(0, ConsumerProtocolAssignment::VALID.last);
    let assignment = ConsumerProtocolAssignment::decode_prefix(&mut bytes, version).ok()?;
    let topics = assignment.assigned_partitions.into_iter();
    Some(
        topics
            .flat_map(|topic| {
                let name = topic.topic;
                topic.partitions.into_iter().map(move |index| TopicPartition::new(name.clone(), index))
            })
            .collect(),
    )
}
