//! ElectLeaders (KIP-460).

use ottla_wire::api::elect_leaders::{ElectLeadersRequest, TopicPartitions};
use ottla_wire::{ErrorCode, Versions};

use super::{Admin, Results, outcome};
use crate::client::{CallOptions, Target};
use crate::error::{ApiError, ClientError};
use crate::topic_partition::{TopicPartition, by_topic};

/// Which replica becomes leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i8)]
pub enum ElectionType {
    /// The first of the replicas, if it is in sync.
    Preferred = 0,
    /// Any that is alive, if none is in sync: what it lacks is lost.
    Unclean = 1,
}

impl Admin {
    /// Elects leaders of these partitions, or of all if `None`; then only those are told of that needed one.
    ///
    /// # Errors
    ///
    /// The whole request failed; nodes from before version 1 elect preferred leaders only.
    pub async fn elect_leaders(
        &self,
        election: ElectionType,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<Results<TopicPartition, ()>, ClientError> {
        let topics = partitions.map(|partitions| {
            let topics = by_topic(partitions.iter().map(|partition| (partition.clone(), ())));
            let topic = |(topic, partitions): (_, Vec<(i32, ())>)| TopicPartitions {
                topic,
                partitions: partitions.into_iter().map(|(index, ())| index).collect(),
                ..TopicPartitions::default()
            };
            topics.into_iter().map(topic).collect()
        });
        let first = election as i16;
        let request = ElectLeadersRequest {
            election_type: election as i8,
            topic_partitions: topics,
            timeout_ms: self.timeout_ms(),
            ..ElectLeadersRequest::default()
        };
        let call = CallOptions { versions: Versions::new(first, i16::MAX), ..self.options() };
        let target = Target::Controller;
        let check = |response: &ottla_wire::api::elect_leaders::ElectLeadersResponse| {
            ErrorCode::from(response.error_code)
        };
        let response = self.client.call(&target, call, |_| request.clone(), check).await?;
        ApiError::check(response.error_code, None)?;
        let mut results = Results::new();
        for topic in &response.replica_election_results {
            for result in &topic.partition_result {
                let partition = TopicPartition::new(topic.topic.clone(), result.partition_id);
                results.insert(partition, outcome(result.error_code, result.error_message.as_ref()));
            }
        }
        Ok(results)
    }
}
