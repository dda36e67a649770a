//! CreateTopics, API key 19: new topics with their partitions and configurations.

use std::collections::{BTreeMap, BTreeSet};

use ottla_config::{Change, Operation, Written};
use ottla_record::{LeaderEpoch, Timestamp};
use ottla_wire::api::create_topics::{
    CreatableTopic, CreatableTopicConfigs, CreatableTopicResult, CreateTopicsRequest, CreateTopicsResponse,
};
use ottla_wire::metadata::topic::TopicRecord;
use ottla_wire::{ErrorCode, KafkaString, Uuid};

use crate::controller::configs::Alteration;
use crate::controller::error::{ApiError, check_size};
use crate::controller::placement::Placer;
use crate::controller::{Controller, Via, topic_name};
use crate::features::MetadataVersion;
use crate::image::{ConfigResource, LeaderRecoveryState, PartitionRegistration};
use crate::outcome::{Outcome, VersionedRecord};

/// Most partitions that one request may create.
const PARTITIONS_PER_REQUEST_MAX: i64 = 10_000;

/// Partitions of a new topic, from 0 upwards.
type Partitions = Vec<PartitionRegistration>;

impl Controller {
    /// CreateTopics: creates each topic that it can, and says of the others why it cannot.
    pub fn handle_create_topics(
        &mut self,
        _now: Timestamp,
        request: &CreateTopicsRequest,
        via: Via,
    ) -> Outcome<CreateTopicsResponse> {
        let (topics, mut refused) = distinct_topics(request);
        let result = match self.create_topics(&topics, via) {
            Ok(result) => result,
            Err(error) => {
                let results = request.topics.iter().map(|topic| refusal(&topic.name, &error)).collect();
                return Outcome::unchanged(CreateTopicsResponse {
                    topics: results,
                    ..CreateTopicsResponse::default()
                });
            }
        };
        let (records, mut results) = result;
        results.append(&mut refused);
        let response = CreateTopicsResponse { topics: results, ..CreateTopicsResponse::default() };
        Outcome::atomic(if request.validate_only { Vec::new() } else { records }, response)
    }

    fn create_topics(
        &mut self,
        topics: &[&CreatableTopic],
        via: Via,
    ) -> Result<(Vec<VersionedRecord>, Vec<CreatableTopicResult>), ApiError> {
        let version = self.metadata_version()?;
        self.check_number_of_partitions(topics)?;
        let mut records = Vec::new();
        let mut results = Vec::new();
        for topic in topics {
            match self.create_topic(version, topic, via) {
                Ok((mut created, result)) => {
                    records.append(&mut created);
                    results.push(result);
                }
                Err(error) => {
                    let reason = error.message.as_deref().unwrap_or_default();
                    tracing::info!(topic = %topic.name, code = error.code.name(), reason, "a topic is not created");
                    results.push(refusal(&topic.name, &error));
                }
            }
            check_size(records.len())?;
        }
        Ok((records, results))
    }

    /// Before anything is placed, so that no request can ask for more memory than there is.
    fn check_number_of_partitions(&self, topics: &[&CreatableTopic]) -> Result<(), ApiError> {
        let default: i64 = self.options.config.keys.log.num_partitions.into();
        let partitions = |topic: &&CreatableTopic| match (topic.assignments.len(), topic.num_partitions) {
            (0, -1) => default,
            (0, asked) => i64::from(asked.max(0)),
            (assigned, _) => assigned as i64,
        };
        if topics.iter().map(partitions).sum::<i64>() <= PARTITIONS_PER_REQUEST_MAX {
            return Ok(());
        }
        let message = "Excessively large number of partitions per request.";
        Err(ApiError::new(ErrorCode::PolicyViolation, message))
    }

    fn create_topic(
        &mut self,
        version: MetadataVersion,
        topic: &CreatableTopic,
        via: Via,
    ) -> Result<(Vec<VersionedRecord>, CreatableTopicResult), ApiError> {
        self.check_new_name(&topic.name)?;
        let config_records = self.check_new_configs(topic, via)?;
        let partitions = if topic.assignments.is_empty() {
            self.placed(version, topic)?
        } else {
            self.assigned(version, topic)?
        };
        let id = self.new_topic_id();
        let record = TopicRecord { name: topic.name.clone(), topic_id: id, ..TopicRecord::default() };
        let mut records = vec![VersionedRecord::new(record, 0)];
        records.extend(config_records);
        for (partition, registration) in (0..).zip(&partitions) {
            records.push(self.partition_record(version, id, partition, registration));
        }
        let result = self.created(topic, id, &partitions);
        Ok((records, result))
    }

    fn check_new_name(&self, name: &str) -> Result<(), ApiError> {
        topic_name::check(name)?;
        if self.image.topics().topic_id(name).is_some() {
            let message = format!("Topic '{name}' already exists.");
            return Err(ApiError::new(ErrorCode::TopicAlreadyExists, message));
        }
        let similar = topic_name::in_metrics(name).and_then(|similar| self.similar_names.get(&similar));
        match similar.and_then(|names| names.first()) {
            None => Ok(()),
            Some(other) => {
                let message = format!("Topic '{name}' collides with existing topic: {other}");
                Err(ApiError::new(ErrorCode::InvalidTopicException, message))
            }
        }
    }

    fn check_new_configs(&self, topic: &CreatableTopic, via: Via) -> Result<Vec<VersionedRecord>, ApiError> {
        let nulls: Vec<&str> = topic
            .configs
            .iter()
            .filter(|config| config.value.is_none())
            .map(|config| config.name.as_str())
            .collect();
        if !nulls.is_empty() {
            let message = format!("Null value not supported for topic configs: {}", nulls.join(","));
            return Err(ApiError::new(ErrorCode::InvalidConfig, message));
        }
        if topic.configs.is_empty() {
            return Ok(Vec::new());
        }
        // Of a key given twice the last value counts.
        let last: BTreeMap<&str, Option<&KafkaString>> =
            topic.configs.iter().map(|config| (config.name.as_str(), config.value.as_ref())).collect();
        let change = |(name, value): (&str, Option<&KafkaString>)| Change {
            name: name.to_owned(),
            operation: Operation::Set,
            value: value.map(|value| value.to_string()),
        };
        let changes = last.into_iter().map(change).collect();
        let resource = ConfigResource::topic(topic.name.clone());
        let mut records = self.alter(&Alteration { resource, changes, is_new: true, via })?;
        records.extend(self.clear_elr_records(&records));
        Ok(records)
    }

    /// Partitions as somebody assigned them by hand.
    fn assigned(&self, version: MetadataVersion, topic: &CreatableTopic) -> Result<Partitions, ApiError> {
        let invalid_request = |message: &str| Err(ApiError::new(ErrorCode::InvalidRequest, message));
        if topic.replication_factor != -1 {
            return invalid_request(
                "A manual partition assignment was specified, but replication factor was not set to -1.",
            );
        }
        if topic.num_partitions != -1 {
            return invalid_request(
                "A manual partition assignment was specified, but numPartitions was not set to -1.",
            );
        }
        let invalid = |message: String| ApiError::new(ErrorCode::InvalidReplicaAssignment, message);
        let mut partitions: BTreeMap<i32, PartitionRegistration> = BTreeMap::new();
        let mut replication_factor = None;
        for assignment in &topic.assignments {
            let index = assignment.partition_index;
            if partitions.contains_key(&index) {
                return Err(invalid(format!(
                    "Found multiple manual partition assignments for partition {index}"
                )));
            }
            self.check_assignment(&assignment.broker_ids, replication_factor)?;
            replication_factor = Some(assignment.broker_ids.len());
            let partition = self.new_partition(version, assignment.broker_ids.clone());
            let partition = partition.ok_or_else(|| invalid(all_inactive(index)))?;
            partitions.insert(index, partition);
        }
        if (0..).zip(partitions.keys()).any(|(expected, &index)| expected != index) {
            return Err(invalid("partitions should be a consecutive 0-based integer sequence".to_owned()));
        }
        Ok(partitions.into_values().collect())
    }

    /// Partitions placed on brokers by the controller.
    fn placed(&mut self, version: MetadataVersion, topic: &CreatableTopic) -> Result<Partitions, ApiError> {
        let factor = topic.replication_factor;
        if factor < -1 || factor == 0 {
            return Err(ApiError::new(
                ErrorCode::InvalidReplicationFactor,
                "Replication factor must be larger than 0, or -1 to use the default value.",
            ));
        }
        if topic.num_partitions < -1 || topic.num_partitions == 0 {
            return Err(ApiError::new(
                ErrorCode::InvalidPartitions,
                "Number of partitions was set to an invalid non-positive value.",
            ));
        }
        let keys = &self.options.config.keys;
        let partitions =
            if topic.num_partitions == -1 { keys.log.num_partitions } else { topic.num_partitions };
        let default_factor = i16::try_from(keys.replication.default_replication_factor).unwrap_or(i16::MAX);
        let factor = if factor == -1 { default_factor } else { factor };
        let unable = |reason: &str| {
            let message = format!("Unable to replicate the partition {factor} time(s): {reason}");
            ApiError::new(ErrorCode::InvalidReplicationFactor, message)
        };
        let count = usize::try_from(partitions).unwrap_or(0);
        let placements = Placer::new(self.image.cluster(), &mut self.random)
            .place(count, factor)
            .map_err(|error| unable(error.message.as_deref().unwrap_or_default()))?;
        let inactive = || unable("All brokers are currently fenced or in controlled shutdown.");
        placements
            .into_iter()
            .map(|replicas| self.new_partition(version, replicas).ok_or_else(inactive))
            .collect()
    }

    /// Refuses replicas that somebody assigned by hand if they cannot be.
    pub(in crate::controller) fn check_assignment(
        &self,
        replicas: &[i32],
        replication_factor: Option<usize>,
    ) -> Result<(), ApiError> {
        let invalid = |what: String| {
            let message = format!("The manual partition assignment includes {what}");
            Err(ApiError::new(ErrorCode::InvalidReplicaAssignment, message))
        };
        if replicas.is_empty() {
            return invalid("an empty replica list.".to_owned());
        }
        let mut sorted = replicas.to_vec();
        sorted.sort_unstable();
        let mut previous = None;
        for &broker in &sorted {
            match self.image.cluster().broker(broker) {
                None => return invalid(format!("broker {broker}, but no such broker is registered.")),
                Some(registration) if !registration.has_uncordoned_directory() => {
                    return invalid(format!("broker {broker}, but all its log directories are cordoned."));
                }
                Some(_) if previous == Some(broker) => {
                    return invalid(format!("the broker {broker} more than once."));
                }
                Some(_) => previous = Some(broker),
            }
        }
        match replication_factor {
            Some(factor) if factor != sorted.len() => invalid(format!(
                "a partition with {} replica(s), but this is not consistent with previous partitions, which have \
                 {factor} replica(s).",
                sorted.len()
            )),
            _ => Ok(()),
        }
    }

    /// A new partition with these replicas, led by the first that is active; none if none of them is.
    pub(in crate::controller) fn new_partition(
        &self,
        version: MetadataVersion,
        replicas: Vec<i32>,
    ) -> Option<PartitionRegistration> {
        let cluster = self.image.cluster();
        let isr: Vec<i32> = replicas.iter().copied().filter(|&broker| cluster.is_active(broker)).collect();
        Some(PartitionRegistration {
            directories: replicas.iter().map(|&broker| self.default_directory(version, broker)).collect(),
            replicas,
            leader: *isr.first()?,
            isr,
            removing_replicas: Vec::new(),
            adding_replicas: Vec::new(),
            elr: Vec::new(),
            last_known_elr: Vec::new(),
            leader_recovery_state: LeaderRecoveryState::Recovered,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: 0,
        })
    }

    pub(in crate::controller) fn partition_record(
        &self,
        version: MetadataVersion,
        topic: Uuid,
        partition: i32,
        registration: &PartitionRegistration,
    ) -> VersionedRecord {
        let with_elr = self.image.features().is_elr_enabled();
        let record = registration.to_record(topic, partition, version, with_elr);
        VersionedRecord::new(record, version.partition_record_version())
    }

    fn new_topic_id(&mut self) -> Uuid {
        loop {
            let id = Uuid::random(&mut self.random);
            if self.image.topics().topic(id).is_none() {
                return id;
            }
        }
    }

    fn created(&self, topic: &CreatableTopic, id: Uuid, partitions: &Partitions) -> CreatableTopicResult {
        let given: BTreeMap<String, String> = topic
            .configs
            .iter()
            .filter_map(|config| Some((config.name.to_string(), config.value.as_ref()?.to_string())))
            .collect();
        let overrides = Written::from_metadata_log(given.clone());
        let described = self.layers().describe_topic(&self.options.config, &overrides);
        let mut configs: Vec<CreatableTopicConfigs> = described
            .into_iter()
            .map(|entry| CreatableTopicConfigs {
                // What was given is told as it was written, and not as it was understood.
                value: given
                    .get(&*entry.name)
                    .cloned()
                    .or(entry.value)
                    .filter(|_| !entry.is_sensitive)
                    .map(KafkaString::from),
                name: entry.name.into(),
                read_only: entry.read_only,
                config_source: entry.source as i8,
                is_sensitive: entry.is_sensitive,
                ..CreatableTopicConfigs::default()
            })
            .collect();
        configs.sort_by(|one, other| one.name.cmp(&other.name));
        let replicas = partitions.first().map_or(0, |partition| partition.replicas.len());
        CreatableTopicResult {
            name: topic.name.clone(),
            topic_id: id,
            error_message: None,
            num_partitions: i32::try_from(partitions.len()).unwrap_or(i32::MAX),
            replication_factor: i16::try_from(replicas).unwrap_or(i16::MAX),
            configs: Some(configs),
            ..CreatableTopicResult::default()
        }
    }
}

/// The topics to try, and what is said of those named twice or forbidden.
fn distinct_topics(request: &CreateTopicsRequest) -> (Vec<&CreatableTopic>, Vec<CreatableTopicResult>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for topic in &request.topics {
        *counts.entry(topic.name.as_str()).or_default() += 1;
    }
    let error = |name: &str, message: String| {
        refusal(&name.into(), &ApiError::new(ErrorCode::InvalidRequest, message))
    };
    let mut refused = Vec::new();
    let mut forbidden: BTreeSet<&str> = BTreeSet::new();
    for (&name, &count) in &counts {
        if count > 1 {
            refused.push(error(name, "Duplicate topic name.".to_owned()));
        } else if name == topic_name::CLUSTER_METADATA {
            refused.push(error(name, format!("Creation of internal topic {name} is prohibited.")));
        } else {
            continue;
        }
        forbidden.insert(name);
    }
    let allowed = request.topics.iter().filter(|topic| !forbidden.contains(topic.name.as_str())).collect();
    (allowed, refused)
}

fn refusal(name: &KafkaString, error: &ApiError) -> CreatableTopicResult {
    CreatableTopicResult {
        name: name.clone(),
        error_code: error.code.number(),
        error_message: error.text(),
        configs: Some(Vec::new()),
        ..CreatableTopicResult::default()
    }
}

pub(in crate::controller) fn all_inactive(partition: i32) -> String {
    format!(
        "All brokers specified in the manual partition assignment for partition {partition} are fenced or in \
         controlled shutdown."
    )
}
