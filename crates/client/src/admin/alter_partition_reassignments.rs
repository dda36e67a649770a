//! AlterPartitionReassignments (KIP-455).

use std::collections::BTreeMap;

use ottla_wire::api::ApiKey;
use ottla_wire::api::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, ReassignablePartition, ReassignableTopic,
};
use ottla_wire::{ErrorCode, Versions};

use super::{Admin, Results, complete, outcome};
use crate::client::{CallOptions, Target};
use crate::error::{ApiError, ClientError};
use crate::topic_partition::{TopicPartition, by_topic};

/// How partitions are moved.
#[derive(Debug, Clone, Copy)]
pub struct AlterReassignmentsOptions {
    /// Whether the number of replicas may change (KIP-860).
    pub allow_replication_factor_change: bool,
}

impl Default for AlterReassignmentsOptions {
    fn default() -> Self {
        Self { allow_replication_factor_change: true }
    }
}

impl Admin {
    /// Moves partitions to other brokers, or, where `None`, calls their move off; each by itself.
    ///
    /// # Errors
    ///
    /// The whole request failed.
    pub async fn alter_partition_reassignments(
        &self,
        reassignments: &BTreeMap<TopicPartition, Option<Vec<i32>>>,
        options: AlterReassignmentsOptions,
    ) -> Result<Results<TopicPartition, ()>, ClientError> {
        let partition = |(index, replicas): (i32, Option<Vec<i32>>)| ReassignablePartition {
            partition_index: index,
            replicas,
            ..ReassignablePartition::default()
        };
        let all = reassignments.iter().map(|(partition, replicas)| (partition.clone(), replicas.clone()));
        let topics = by_topic(all).into_iter().map(|(name, partitions)| ReassignableTopic {
            name,
            partitions: partitions.into_iter().map(partition).collect(),
            ..ReassignableTopic::default()
        });
        let allow_replication_factor_change = options.allow_replication_factor_change;
        let request = AlterPartitionReassignmentsRequest {
            timeout_ms: self.timeout_ms(),
            allow_replication_factor_change,
            topics: topics.collect(),
            ..AlterPartitionReassignmentsRequest::default()
        };
        let first = i16::from(!allow_replication_factor_change);
        let call = CallOptions { versions: Versions::new(first, i16::MAX), ..self.options() };
        let response = self
            .client
            .call(
                &Target::Controller,
                call,
                |_| request.clone(),
                |response| ErrorCode::from(response.error_code),
            )
            .await?;
        ApiError::check(response.error_code, response.error_message.as_ref())?;
        let mut results = Results::new();
        for topic in &response.responses {
            for result in &topic.partitions {
                let partition = TopicPartition::new(topic.name.clone(), result.partition_index);
                results.insert(partition, outcome(result.error_code, result.error_message.as_ref()));
            }
        }
        let missing = || ClientError::Incomplete {
            api: ApiKey::AlterPartitionReassignments,
            missing: "a partition".to_owned(),
        };
        Ok(complete(results, reassignments.keys().cloned(), missing))
    }
}
