//! ListPartitionReassignments (KIP-455).

use std::collections::BTreeMap;

use ottla_wire::ErrorCode;
use ottla_wire::api::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsTopics,
};

use super::Admin;
use crate::client::Target;
use crate::error::{ApiError, ClientError};
use crate::topic_partition::{TopicPartition, by_topic};

/// A partition that is moving to other brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reassignment {
    /// All brokers that hold it or are about to.
    pub replicas: Vec<i32>,
    /// Those that are about to.
    pub adding: Vec<i32>,
    /// Those that will no longer.
    pub removing: Vec<i32>,
}

impl Admin {
    /// The partitions that are moving to other brokers, among these, or among all if `None`.
    ///
    /// # Errors
    ///
    /// The request failed.
    pub async fn list_partition_reassignments(
        &self,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<BTreeMap<TopicPartition, Reassignment>, ClientError> {
        let topics = partitions.map(|partitions| {
            let topics = by_topic(partitions.iter().map(|partition| (partition.clone(), ())));
            let topic = |(name, partitions): (_, Vec<(i32, ())>)| ListPartitionReassignmentsTopics {
                name,
                partition_indexes: partitions.into_iter().map(|(index, ())| index).collect(),
                ..ListPartitionReassignmentsTopics::default()
            };
            topics.into_iter().map(topic).collect()
        });
        let request = ListPartitionReassignmentsRequest {
            timeout_ms: self.timeout_ms(),
            topics,
            ..ListPartitionReassignmentsRequest::default()
        };
        let target = Target::Controller;
        let response = self.call(&target, request, |response| ErrorCode::from(response.error_code)).await?;
        ApiError::check(response.error_code, response.error_message.as_ref())?;
        let mut reassignments = BTreeMap::new();
        for topic in response.topics {
            for partition in topic.partitions {
                let reassignment = Reassignment {
                    replicas: partition.replicas,
                    adding: partition.adding_replicas,
                    removing: partition.removing_replicas,
                };
                let key = TopicPartition::new(topic.name.clone(), partition.partition_index);
                reassignments.insert(key, reassignment);
            }
        }
        Ok(reassignments)
    }
}
