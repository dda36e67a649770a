//! DescribeQuorum (KIP-595, KIP-836, KIP-853).

use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::api::ApiKey;
use ottla_wire::api::describe_quorum::{
    DescribeQuorumRequest, DescribeQuorumResponse, Node, ReplicaState, RequestPartitionData, RequestTopicData,
};
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use super::Admin;
use crate::client::Target;
use crate::config::Address;
use crate::error::{ApiError, ClientError};

/// Name of the topic that is the cluster's metadata.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// The quorum of controllers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumDescription {
    /// The leader.
    pub leader: i32,
    /// Its epoch.
    pub leader_epoch: LeaderEpoch,
    /// Up to where the metadata is committed.
    pub high_watermark: Offset,
    /// Who votes.
    pub voters: Vec<QuorumReplica>,
    /// Who only reads.
    pub observers: Vec<QuorumReplica>,
    /// Where the voters listen; empty where nodes do not tell.
    pub nodes: Vec<QuorumNode>,
}

/// A replica of the metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuorumReplica {
    /// Its node.
    pub id: i32,
    /// Id of the directory in which it lies; zero where nodes do not tell.
    pub directory_id: Uuid,
    /// The end of its log; -1 if not known.
    pub log_end_offset: Offset,
    /// When it fetched last, by the leader's clock.
    pub last_fetch: Option<Timestamp>,
    /// When it last had all that the leader had.
    pub last_caught_up: Option<Timestamp>,
}

/// Where a voter listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuorumNode {
    /// Its id.
    pub id: i32,
    /// Its listeners, by name.
    pub listeners: Vec<(KafkaString, Address)>,
}

impl Admin {
    /// Describes the quorum of controllers.
    ///
    /// # Errors
    ///
    /// The request failed.
    pub async fn describe_quorum(&self) -> Result<QuorumDescription, ClientError> {
        let partition = RequestPartitionData { partition_index: 0, ..RequestPartitionData::default() };
        let topic = RequestTopicData {
            topic_name: METADATA_TOPIC.into(),
            partitions: vec![partition],
            ..RequestTopicData::default()
        };
        let request = DescribeQuorumRequest { topics: vec![topic], ..DescribeQuorumRequest::default() };
        let code = |response: &DescribeQuorumResponse| ErrorCode::from(response.error_code);
        let response = self.call(&Target::Any, request, code).await?;
        described(&response)
    }
}

fn described(response: &DescribeQuorumResponse) -> Result<QuorumDescription, ClientError> {
    ApiError::check(response.error_code, response.error_message.as_ref())?;
    let topic = response.topics.iter().find(|topic| &*topic.topic_name == METADATA_TOPIC);
    let partition = topic.and_then(|topic| topic.partitions.first()).ok_or_else(|| {
        ClientError::Incomplete { api: ApiKey::DescribeQuorum, missing: format!("{METADATA_TOPIC}-0") }
    })?;
    ApiError::check(partition.error_code, partition.error_message.as_ref())?;
    Ok(QuorumDescription {
        leader: partition.leader_id,
        leader_epoch: LeaderEpoch(partition.leader_epoch),
        high_watermark: Offset(partition.high_watermark),
        voters: partition.current_voters.iter().map(replica).collect(),
        observers: partition.observers.iter().map(replica).collect(),
        nodes: response.nodes.iter().map(node).collect(),
    })
}

fn replica(state: &ReplicaState) -> QuorumReplica {
    let time = |milliseconds| Some(Timestamp(milliseconds)).filter(|time: &Timestamp| time.is_some());
    QuorumReplica {
        id: state.replica_id,
        directory_id: state.replica_directory_id,
        log_end_offset: Offset(state.log_end_offset),
        last_fetch: time(state.last_fetch_timestamp),
        last_caught_up: time(state.last_caught_up_timestamp),
    }
}

fn node(node: &Node) -> QuorumNode {
    let listeners = node.listeners.iter();
    QuorumNode {
        id: node.node_id,
        listeners: listeners.map(|l| (l.name.clone(), Address::new(l.host.as_str(), l.port))).collect(),
    }
}
