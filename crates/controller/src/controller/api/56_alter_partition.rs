//! AlterPartition, API key 56: a leader tells who is in sync with it (KIP-497).

use ottla_record::{LeaderEpoch, Timestamp};
use ottla_wire::ErrorCode;
use ottla_wire::api::alter_partition::{
    AlterPartitionRequest, AlterPartitionResponse, BrokerState, RequestPartitionData, RequestTopicData,
    ResponsePartitionData, ResponseTopicData,
};
use ottla_wire::metadata::MetadataRecord;

use crate::controller::Controller;
use crate::controller::elections::push_change;
use crate::controller::error::ApiError;
use crate::features::MetadataVersion;
use crate::image::{LeaderRecoveryState, NO_LEADER_CHANGE, PartitionRegistration, TopicImage};
use crate::outcome::{Outcome, VersionedRecord};

/// From this version on each member of the ISR comes with its epoch.
const HAS_EPOCHS: i16 = 3;

/// An ISR as its leader wants it.
struct Proposal {
    isr: Vec<BrokerState>,
    recovery_state: LeaderRecoveryState,
}

impl Controller {
    /// AlterPartition, of any version: changes the ISR of each partition where the leader may, and says of the others why it may not.
    pub fn handle_alter_partition(
        &mut self,
        _now: Timestamp,
        request: &AlterPartitionRequest,
        version: i16,
    ) -> Outcome<AlterPartitionResponse> {
        self.alter_partitions(request, version).unwrap_or_else(|error| {
            Outcome::unchanged(AlterPartitionResponse {
                error_code: error.code.number(),
                ..AlterPartitionResponse::default()
            })
        })
    }

    fn alter_partitions(
        &self,
        request: &AlterPartitionRequest,
        request_version: i16,
    ) -> Result<Outcome<AlterPartitionResponse>, ApiError> {
        let version = self.metadata_version()?;
        self.check_broker_epoch(request.broker_id, request.broker_epoch)?;
        let mut records = Vec::new();
        let mut topics = Vec::new();
        for asked in &request.topics {
            let topic = self.image.topics().topic(asked.topic_id);
            let partitions = match topic {
                None => refuse_topic(asked),
                Some(topic) => asked
                    .partitions
                    .iter()
                    .map(|partition| {
                        let leader = request.broker_id;
                        self.alter_partition(version, request_version, leader, topic, partition, &mut records)
                    })
                    .collect(),
            };
            topics.push(ResponseTopicData {
                topic_id: asked.topic_id,
                partitions,
                ..ResponseTopicData::default()
            });
        }
        let response = AlterPartitionResponse { topics, ..AlterPartitionResponse::default() };
        Ok(Outcome::splittable(records, response))
    }

    fn alter_partition(
        &self,
        version: MetadataVersion,
        request_version: i16,
        leader: i32,
        topic: &TopicImage,
        asked: &RequestPartitionData,
        records: &mut Vec<VersionedRecord>,
    ) -> ResponsePartitionData {
        let refused = |code| refusal(asked.partition_index, code);
        let Some(partition) = topic.partitions.get(&asked.partition_index) else {
            return refused(ErrorCode::UnknownTopicOrPartition);
        };
        let proposal = match self.checked_proposal(request_version, leader, partition, asked) {
            Ok(proposal) => proposal,
            Err(code) => return refused(code),
        };
        let mut change = self.partition_change(version, topic, asked.partition_index, partition);
        change.election = self.election_of(topic);
        change.target_isr = proposal.isr.iter().map(|state| state.broker_id).collect();
        change.target_recovery_state = proposal.recovery_state;
        if !push_change(change, records) {
            return accepted(asked.partition_index, partition);
        }
        let Some(MetadataRecord::PartitionChange(record)) = records.last().map(|last| &last.record) else {
            return refused(ErrorCode::UnknownServerError);
        };
        // The change can complete a reassignment that takes the asking leader itself away.
        if record.leader != leader && record.leader != NO_LEADER_CHANGE {
            return refused(ErrorCode::NewLeaderElected);
        }
        match partition.changed(record) {
            Ok(changed) => accepted(asked.partition_index, &changed),
            Err(_) => refused(ErrorCode::UnknownServerError),
        }
    }

    /// What the leader proposes, if it is the leader still and the proposal can be.
    fn checked_proposal(
        &self,
        request_version: i16,
        broker: i32,
        partition: &PartitionRegistration,
        asked: &RequestPartitionData,
    ) -> Result<Proposal, ErrorCode> {
        check_epochs(broker, partition, asked)?;
        let proposal = Proposal::of(request_version, asked)?;
        let isr: Vec<i32> = proposal.isr.iter().map(|state| state.broker_id).collect();
        let mut sorted = isr.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let is_valid = sorted.len() == isr.len() && isr.iter().all(|id| partition.replicas.contains(id));
        if !is_valid || !isr.contains(&partition.leader) {
            return Err(ErrorCode::InvalidRequest);
        }
        let recovering = proposal.recovery_state == LeaderRecoveryState::Recovering;
        let was_recovered = partition.leader_recovery_state == LeaderRecoveryState::Recovered;
        if recovering && (isr.len() > 1 || was_recovered) {
            return Err(ErrorCode::InvalidRequest);
        }
        if proposal.isr.iter().any(|state| !self.is_eligible(state)) {
            return Err(ErrorCode::IneligibleReplica);
        }
        Ok(proposal)
    }

    fn is_eligible(&self, state: &BrokerState) -> bool {
        let is_same = |epoch: i64| state.broker_epoch == -1 || state.broker_epoch == epoch;
        let broker = self.image.cluster().broker(state.broker_id);
        broker.is_some_and(|broker| broker.is_active() && is_same(broker.epoch))
    }
}

impl Proposal {
    fn of(request_version: i16, asked: &RequestPartitionData) -> Result<Self, ErrorCode> {
        let without_epoch = |&broker_id: &i32| BrokerState { broker_id, ..BrokerState::default() };
        let isr = if request_version >= HAS_EPOCHS {
            asked.new_isr_with_epochs.clone()
        } else {
            asked.new_isr.iter().map(without_epoch).collect()
        };
        let recovery_state = LeaderRecoveryState::from_id(asked.leader_recovery_state);
        Ok(Self { isr, recovery_state: recovery_state.ok_or(ErrorCode::InvalidRequest)? })
    }
}

/// A leader with higher epochs than the controller knows has heard of them from a newer controller.
fn check_epochs(
    broker: i32,
    partition: &PartitionRegistration,
    asked: &RequestPartitionData,
) -> Result<(), ErrorCode> {
    let leader_epoch = LeaderEpoch(asked.leader_epoch);
    if leader_epoch > partition.leader_epoch || asked.partition_epoch > partition.partition_epoch {
        return Err(ErrorCode::NotController);
    }
    if leader_epoch < partition.leader_epoch {
        return Err(ErrorCode::FencedLeaderEpoch);
    }
    if broker != partition.leader {
        return Err(ErrorCode::InvalidRequest);
    }
    if asked.partition_epoch < partition.partition_epoch {
        return Err(ErrorCode::InvalidUpdateVersion);
    }
    Ok(())
}

fn accepted(partition_index: i32, partition: &PartitionRegistration) -> ResponsePartitionData {
    ResponsePartitionData {
        partition_index,
        leader_id: partition.leader,
        leader_epoch: partition.leader_epoch.0,
        isr: partition.isr.clone(),
        leader_recovery_state: partition.leader_recovery_state.id(),
        partition_epoch: partition.partition_epoch,
        ..ResponsePartitionData::default()
    }
}

fn refusal(partition_index: i32, code: ErrorCode) -> ResponsePartitionData {
    ResponsePartitionData { partition_index, error_code: code.number(), ..ResponsePartitionData::default() }
}

fn refuse_topic(asked: &RequestTopicData) -> Vec<ResponsePartitionData> {
    let refused =
        |partition: &RequestPartitionData| refusal(partition.partition_index, ErrorCode::UnknownTopicId);
    asked.partitions.iter().map(refused).collect()
}
