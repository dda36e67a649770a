//! CreatePartitions, API key 37: more partitions for topics.

use std::collections::BTreeSet;

use ottla_record::Timestamp;
use ottla_wire::ErrorCode;
use ottla_wire::api::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopic, CreatePartitionsTopicResult,
};

use super::create_topics::all_inactive;
use crate::controller::Controller;
use crate::controller::error::{ApiError, RECORDS_PER_REQUEST_MAX, told};
use crate::controller::placement::Placer;
use crate::features::MetadataVersion;
use crate::image::TopicImage;
use crate::outcome::{Outcome, VersionedRecord};

impl Controller {
    /// CreatePartitions: adds partitions to each topic that it can, and says of the others why it cannot.
    pub fn handle_create_partitions(
        &mut self,
        _now: Timestamp,
        request: &CreatePartitionsRequest,
    ) -> Outcome<CreatePartitionsResponse> {
        let mut seen = BTreeSet::new();
        let duplicates: BTreeSet<&str> = request
            .topics
            .iter()
            .map(|topic| topic.name.as_str())
            .filter(|name| !seen.insert(*name))
            .collect();
        let mut results: Vec<_> = duplicates
            .iter()
            .map(|name| {
                let error = ApiError::new(ErrorCode::InvalidRequest, "Duplicate topic name.");
                result(name, &Err(error))
            })
            .collect();
        let mut records = Vec::new();
        for topic in request.topics.iter().filter(|topic| !duplicates.contains(topic.name.as_str())) {
            let created = self.create_partitions(topic, RECORDS_PER_REQUEST_MAX - records.len());
            results.push(result(&topic.name, &created));
            records.extend(created.unwrap_or_default());
        }
        let records = if request.validate_only { Vec::new() } else { records };
        Outcome::atomic(records, CreatePartitionsResponse { results, ..CreatePartitionsResponse::default() })
    }

    fn create_partitions(
        &mut self,
        asked: &CreatePartitionsTopic,
        max: usize,
    ) -> Result<Vec<VersionedRecord>, ApiError> {
        let version = self.metadata_version()?;
        let topic = self.image.topics().topic_by_name(&asked.name).cloned();
        let topic = topic.ok_or(ApiError { code: ErrorCode::UnknownTopicOrPartition, message: None })?;
        let additional = additional(&topic, asked)?;
        if additional > max {
            let message = "Excessively large number of partitions per request.";
            return Err(ApiError::new(ErrorCode::PolicyViolation, message));
        }
        let factor = topic.partitions.values().next().map_or(0, |partition| partition.replicas.len());
        let placements = match &asked.assignments {
            Some(assignments) => {
                for assignment in assignments {
                    self.check_assignment(&assignment.broker_ids, Some(factor))?;
                }
                assignments.iter().map(|assignment| assignment.broker_ids.clone()).collect()
            }
            None => {
                let factor = i16::try_from(factor).unwrap_or(i16::MAX);
                Placer::new(self.image.cluster(), &mut self.random).place(additional, factor)?
            }
        };
        let is_manual = asked.assignments.is_some();
        self.new_partition_records(version, &topic, placements, is_manual)
    }

    fn new_partition_records(
        &self,
        version: MetadataVersion,
        topic: &TopicImage,
        placements: Vec<Vec<i32>>,
        is_manual: bool,
    ) -> Result<Vec<VersionedRecord>, ApiError> {
        let first = topic.partitions.keys().next_back().map_or(0, |last| last + 1);
        let record = |(partition, replicas): (i32, Vec<i32>)| {
            let factor = replicas.len();
            match self.new_partition(version, replicas) {
                Some(new) => Ok(self.partition_record(version, topic.id, partition, &new)),
                None if is_manual => {
                    Err(ApiError::new(ErrorCode::InvalidReplicaAssignment, all_inactive(partition)))
                }
                None => Err(ApiError::new(
                    ErrorCode::InvalidReplicationFactor,
                    format!(
                        "Unable to replicate the partition {factor} time(s): All brokers are currently fenced or in \
                         controlled shutdown."
                    ),
                )),
            }
        };
        (first..).zip(placements).map(record).collect()
    }
}

/// How many partitions are to come.
fn additional(topic: &TopicImage, asked: &CreatePartitionsTopic) -> Result<usize, ApiError> {
    let existing = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    let invalid = |message: String| Err(ApiError::new(ErrorCode::InvalidPartitions, message));
    if asked.count == existing {
        return invalid(format!("Topic already has {existing} partition(s)."));
    }
    let additional = asked.count.checked_sub(existing).and_then(|count| usize::try_from(count).ok());
    let Some(additional) = additional else {
        return invalid(format!(
            "The topic {} currently has {existing} partition(s); {} would not be an increase.",
            asked.name, asked.count
        ));
    };
    match &asked.assignments {
        Some(assignments) if assignments.len() != additional => {
            let message = format!(
                "Attempted to add {additional} additional partition(s), but only {} assignment(s) were specified.",
                assignments.len()
            );
            Err(ApiError::new(ErrorCode::InvalidReplicaAssignment, message))
        }
        _ => Ok(additional),
    }
}

fn result(name: &str, created: &Result<Vec<VersionedRecord>, ApiError>) -> CreatePartitionsTopicResult {
    let (error_code, error_message) = told(created);
    CreatePartitionsTopicResult {
        name: name.into(),
        error_code,
        error_message,
        ..CreatePartitionsTopicResult::default()
    }
}
