//! CreatePartitions.

use std::collections::BTreeMap;

use ottla_wire::KafkaString;
use ottla_wire::api::ApiKey;
use ottla_wire::api::create_partitions::{
    CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic,
};

use super::{Admin, Results, complete, not_controller, outcome};
use crate::client::Target;
use crate::error::ClientError;

/// More partitions for a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPartitions {
    /// How many the topic is to have in the end.
    pub total: i32,
    /// The brokers of each new one, the preferred leader first; `None` lets the controller place them.
    pub assignments: Option<Vec<Vec<i32>>>,
}

/// How partitions are created.
#[derive(Debug, Clone, Copy, Default)]
pub struct CreatePartitionsOptions {
    /// Only find out whether they could be created.
    pub validate_only: bool,
}

impl Admin {
    /// Gives topics more partitions, each topic by itself.
    ///
    /// # Errors
    ///
    /// The whole request failed.
    pub async fn create_partitions(
        &self,
        topics: &BTreeMap<KafkaString, NewPartitions>,
        options: CreatePartitionsOptions,
    ) -> Result<Results<KafkaString, ()>, ClientError> {
        let request = CreatePartitionsRequest {
            topics: topics.iter().map(topic).collect(),
            timeout_ms: self.timeout_ms(),
            validate_only: options.validate_only,
            ..CreatePartitionsRequest::default()
        };
        let response = self
            .call(&Target::Controller, request, |response| {
                not_controller(response.results.iter().map(|topic| topic.error_code))
            })
            .await?;
        let result = |topic: &ottla_wire::api::create_partitions::CreatePartitionsTopicResult| {
            (topic.name.clone(), outcome(topic.error_code, topic.error_message.as_ref()))
        };
        let results = response.results.iter().map(result).collect();
        let missing =
            || ClientError::Incomplete { api: ApiKey::CreatePartitions, missing: "a topic".to_owned() };
        Ok(complete(results, topics.keys().cloned(), missing))
    }
}

fn topic((name, new): (&KafkaString, &NewPartitions)) -> CreatePartitionsTopic {
    let assignment = |brokers: &Vec<i32>| CreatePartitionsAssignment {
        broker_ids: brokers.clone(),
        ..CreatePartitionsAssignment::default()
    };
    CreatePartitionsTopic {
        name: name.clone(),
        count: new.total,
        assignments: new.assignments.as_ref().map(|all| all.iter().map(assignment).collect()),
        ..CreatePartitionsTopic::default()
    }
}
