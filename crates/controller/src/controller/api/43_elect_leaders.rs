//! ElectLeaders, API key 43: leaders are elected because somebody asks for it (KIP-460).

use std::sync::Arc;

use ottla_record::Timestamp;
use ottla_wire::ErrorCode;
use ottla_wire::api::elect_leaders::{
    ElectLeadersRequest, ElectLeadersResponse, PartitionResult, ReplicaElectionResult, TopicPartitions,
};

use crate::controller::Controller;
use crate::controller::error::{ApiError, check_size, told};
use crate::controller::partition_change::Election;
use crate::features::MetadataVersion;
use crate::image::TopicImage;
use crate::outcome::{Outcome, VersionedRecord};

impl Controller {
    /// ElectLeaders: of the partitions named, or of all of them.
    pub fn handle_elect_leaders(
        &mut self,
        _now: Timestamp,
        request: &ElectLeadersRequest,
    ) -> Outcome<ElectLeadersResponse> {
        self.elect_leaders(request).unwrap_or_else(|error| {
            Outcome::unchanged(ElectLeadersResponse {
                error_code: error.code.number(),
                replica_election_results: refuse_each(request, &error),
                ..ElectLeadersResponse::default()
            })
        })
    }

    fn elect_leaders(
        &self,
        request: &ElectLeadersRequest,
    ) -> Result<Outcome<ElectLeadersResponse>, ApiError> {
        let version = self.metadata_version()?;
        let election = match request.election_type {
            0 => Election::Preferred,
            1 => Election::Unclean,
            other => {
                let message = format!("Unknown election type {other}");
                return Err(ApiError::new(ErrorCode::InvalidRequest, message));
            }
        };
        let mut records = Vec::new();
        let results = match &request.topic_partitions {
            Some(topics) => {
                let elect = |topic| self.elect_leaders_of(version, election, topic, &mut records);
                topics.iter().map(elect).collect()
            }
            None => {
                let elect = |topic| self.elect_all_leaders_of(version, election, topic, &mut records);
                self.image.topics().iter().map(elect).collect()
            }
        };
        check_size(records.len())?;
        let response =
            ElectLeadersResponse { replica_election_results: results, ..ElectLeadersResponse::default() };
        Ok(Outcome::splittable(records, response))
    }

    fn elect_leaders_of(
        &self,
        version: MetadataVersion,
        election: Election,
        topic: &TopicPartitions,
        records: &mut Vec<VersionedRecord>,
    ) -> ReplicaElectionResult {
        let elect = |&partition: &i32| {
            let result = self.elect_leader(version, &topic.topic, partition, election, records);
            partition_result(partition, &result)
        };
        ReplicaElectionResult {
            topic: topic.topic.clone(),
            partition_result: topic.partitions.iter().map(elect).collect(),
            ..ReplicaElectionResult::default()
        }
    }

    /// Where nobody named partitions, those are passed over in silence that need no election.
    fn elect_all_leaders_of(
        &self,
        version: MetadataVersion,
        election: Election,
        topic: &Arc<TopicImage>,
        records: &mut Vec<VersionedRecord>,
    ) -> ReplicaElectionResult {
        let elect = |&partition: &i32| {
            let result = self.elect_leader(version, &topic.name, partition, election, records);
            let is_needed = !result.as_ref().is_err_and(|error| error.code == ErrorCode::ElectionNotNeeded);
            is_needed.then(|| partition_result(partition, &result))
        };
        ReplicaElectionResult {
            topic: topic.name.clone(),
            partition_result: topic.partitions.keys().filter_map(elect).collect(),
            ..ReplicaElectionResult::default()
        }
    }
}

fn partition_result(partition_id: i32, result: &Result<(), ApiError>) -> PartitionResult {
    let (error_code, error_message) = told(result);
    PartitionResult { partition_id, error_code, error_message, ..PartitionResult::default() }
}

fn refuse_each(request: &ElectLeadersRequest, error: &ApiError) -> Vec<ReplicaElectionResult> {
    let refused = Err(error.clone());
    let topic = |topic: &TopicPartitions| ReplicaElectionResult {
        topic: topic.topic.clone(),
        partition_result: topic
            .partitions
            .iter()
            .map(|&partition| partition_result(partition, &refused))
            .collect(),
        ..ReplicaElectionResult::default()
    };
    request.topic_partitions.iter().flatten().map(topic).collect()
}
