//! AlterPartitionReassignments, API key 45: partitions get other replicas, or a reassignment is called off (KIP-455).

use ottla_record::Timestamp;
use ottla_wire::api::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ReassignablePartition,
    ReassignablePartitionResponse, ReassignableTopicResponse,
};
use ottla_wire::{ErrorCode, KafkaString};

use crate::controller::Controller;
use crate::controller::elections::push_change;
use crate::controller::error::{ApiError, check_size, told};
use crate::controller::reassignment::{self, Reassignment};
use crate::features::MetadataVersion;
use crate::image::{PartitionRegistration, TopicImage};
use crate::outcome::{Outcome, VersionedRecord};

impl Controller {
    /// AlterPartitionReassignments: begins or calls off what it can, and says of the others why it cannot.
    pub fn handle_alter_partition_reassignments(
        &mut self,
        _now: Timestamp,
        request: &AlterPartitionReassignmentsRequest,
    ) -> Outcome<AlterPartitionReassignmentsResponse> {
        let allow = request.allow_replication_factor_change;
        self.alter_reassignments(request).unwrap_or_else(|error| {
            Outcome::unchanged(AlterPartitionReassignmentsResponse {
                allow_replication_factor_change: allow,
                error_code: error.code.number(),
                error_message: error.text(),
                ..AlterPartitionReassignmentsResponse::default()
            })
        })
    }

    fn alter_reassignments(
        &self,
        request: &AlterPartitionReassignmentsRequest,
    ) -> Result<Outcome<AlterPartitionReassignmentsResponse>, ApiError> {
        let version = self.metadata_version()?;
        let allow = request.allow_replication_factor_change;
        let mut records = Vec::new();
        let mut responses = Vec::new();
        for topic in &request.topics {
            let mut partitions = Vec::new();
            for target in &topic.partitions {
                let result = self.alter_reassignment(version, &topic.name, target, allow, &mut records);
                let (error_code, error_message) = told(&result);
                partitions.push(ReassignablePartitionResponse {
                    partition_index: target.partition_index,
                    error_code,
                    error_message,
                    ..ReassignablePartitionResponse::default()
                });
            }
            responses.push(ReassignableTopicResponse {
                name: topic.name.clone(),
                partitions,
                ..ReassignableTopicResponse::default()
            });
        }
        check_size(records.len())?;
        let response = AlterPartitionReassignmentsResponse {
            allow_replication_factor_change: allow,
            // Who asks for nothing is answered before anything can go wrong.
            error_message: request.topics.is_empty().then_some(KafkaString::EMPTY),
            responses,
            ..AlterPartitionReassignmentsResponse::default()
        };
        Ok(Outcome::atomic(records, response))
    }

    fn alter_reassignment(
        &self,
        version: MetadataVersion,
        name: &str,
        target: &ReassignablePartition,
        allow_other_factor: bool,
        records: &mut Vec<VersionedRecord>,
    ) -> Result<(), ApiError> {
        let unknown = |message: String| ApiError::new(ErrorCode::UnknownTopicOrPartition, message);
        let index = target.partition_index;
        let topic = self.image.topics().topic_by_name(name);
        let topic = topic.ok_or_else(|| unknown(format!("Unable to find a topic named {name}.")))?;
        let partition = topic.partitions.get(&index);
        let partition =
            partition.ok_or_else(|| unknown(format!("Unable to find partition {name}:{index}.")))?;
        match &target.replicas {
            None => self.call_off(version, topic, index, partition, records),
            Some(replicas) => {
                self.check_assignment(replicas, None)?;
                if !allow_other_factor {
                    check_same_factor(partition, replicas)?;
                }
                let reassignment = Reassignment::new(&partition.replicas, replicas);
                let mut change = self.partition_change(version, topic, index, partition);
                change.target_replicas = reassignment.replicas;
                if !reassignment.removing.is_empty() {
                    change.target_removing = reassignment.removing;
                }
                if !reassignment.adding.is_empty() {
                    change.target_adding = reassignment.adding;
                }
                push_change(change, records);
                Ok(())
            }
        }
    }

    fn call_off(
        &self,
        version: MetadataVersion,
        topic: &TopicImage,
        index: i32,
        partition: &PartitionRegistration,
        records: &mut Vec<VersionedRecord>,
    ) -> Result<(), ApiError> {
        if !partition.is_reassigning() {
            return Err(ApiError { code: ErrorCode::NoReassignmentInProgress, message: None });
        }
        let invalid = |message: String| ApiError::new(ErrorCode::InvalidReplicaAssignment, message);
        let reverted = reassignment::reverted(partition).ok_or_else(|| {
            invalid("Invalid replica assignment: addingReplicas contains all replicas.".to_owned())
        })?;
        if reverted.unclean && !self.allows_unclean_elections(topic) {
            return Err(invalid(format!(
                "Unable to revert partition assignment for {}:{index} because it would require an unclean leader \
                 election.",
                topic.name
            )));
        }
        let mut change = self.partition_change(version, topic, index, partition);
        change.election = self.election_of(topic);
        change.target_isr = reverted.isr;
        change.target_replicas = reverted.replicas;
        change.target_removing = Vec::new();
        change.target_adding = Vec::new();
        push_change(change, records);
        Ok(())
    }
}

fn check_same_factor(partition: &PartitionRegistration, replicas: &[i32]) -> Result<(), ApiError> {
    let stays = |broker: &&i32| !partition.removing_replicas.contains(broker);
    let current = partition.replicas.iter().filter(stays).count();
    if current == replicas.len() {
        return Ok(());
    }
    let message = format!("The replication factor is changed from {current} to {}", replicas.len());
    Err(ApiError::new(ErrorCode::InvalidReplicationFactor, message))
}
