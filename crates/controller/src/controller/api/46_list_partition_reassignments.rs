//! ListPartitionReassignments, API key 46: which partitions are getting other replicas (KIP-455).

use std::collections::BTreeMap;

use ottla_record::Timestamp;
use ottla_wire::Uuid;
use ottla_wire::api::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, OngoingPartitionReassignment,
    OngoingTopicReassignment,
};

use crate::controller::Controller;
use crate::outcome::Outcome;

impl Controller {
    /// ListPartitionReassignments: of the partitions named, or of all of them.
    pub fn handle_list_partition_reassignments(
        &mut self,
        _now: Timestamp,
        request: &ListPartitionReassignmentsRequest,
    ) -> Outcome<ListPartitionReassignmentsResponse> {
        if let Err(error) = self.metadata_version() {
            return Outcome::unchanged(ListPartitionReassignmentsResponse {
                error_code: error.code.number(),
                error_message: error.text(),
                ..ListPartitionReassignmentsResponse::default()
            });
        }
        let mut asked: Vec<(Uuid, Vec<i32>)> = Vec::new();
        match &request.topics {
            Some(topics) => asked.extend(topics.iter().filter_map(|topic| {
                Some((self.image.topics().topic_id(&topic.name)?, topic.partition_indexes.clone()))
            })),
            None => {
                let mut all: BTreeMap<Uuid, Vec<i32>> = BTreeMap::new();
                for id in self.index.reassigning() {
                    all.entry(id.topic).or_default().push(id.partition);
                }
                asked.extend(all);
            }
        }
        let topics = asked.into_iter().filter_map(|(topic, partitions)| self.ongoing(topic, &partitions));
        Outcome::unchanged(ListPartitionReassignmentsResponse {
            error_message: None,
            topics: topics.collect(),
            ..ListPartitionReassignmentsResponse::default()
        })
    }

    fn ongoing(&self, topic: Uuid, partitions: &[i32]) -> Option<OngoingTopicReassignment> {
        let topic = self.image.topics().topic(topic)?;
        let ongoing = |&partition_index: &i32| {
            let partition = topic.partitions.get(&partition_index)?;
            partition.is_reassigning().then(|| OngoingPartitionReassignment {
                partition_index,
                replicas: partition.replicas.clone(),
                adding_replicas: partition.adding_replicas.clone(),
                removing_replicas: partition.removing_replicas.clone(),
                ..OngoingPartitionReassignment::default()
            })
        };
        let partitions: Vec<_> = partitions.iter().filter_map(ongoing).collect();
        (!partitions.is_empty()).then(|| OngoingTopicReassignment {
            name: topic.name.clone(),
            partitions,
            ..OngoingTopicReassignment::default()
        })
    }
}
