//! The records that groups and offsets are kept in.

use bytes::{Bytes, BytesMut};
use ottla_coordinator::CoordinatorRecord;
use ottla_record::{Offset, ProducerId};
use ottla_wire::group::group_metadata::{GroupMetadataKey, GroupMetadataValue, MemberMetadata};
use ottla_wire::group::offset_commit::{OffsetCommitKey, OffsetCommitValue};
use ottla_wire::group::{GroupKey, GroupValue};
use ottla_wire::{EncodeError, KafkaString};

use crate::classic::ClassicGroup;
use crate::offsets::OffsetAndMetadata;

/// Version of a classic group's record, as Kafka 4.3 writes it.
const GROUP_METADATA_VERSION: i16 = 3;
/// Version of a committed offset's record, with the id of the topic (KIP-848).
const OFFSET_COMMIT_VERSION: i16 = 4;
/// The only version of a committed offset's record that tells when it lapses.
const EXPIRING_OFFSET_COMMIT_VERSION: i16 = 1;

/// A record of `__consumer_offsets`.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupRecord {
    /// What the record is about.
    pub key: GroupKey,
    /// What it says and the version to write it at; none to delete what the key names.
    pub value: Option<(GroupValue, i16)>,
}

/// Where a record stands in the log.
#[derive(Debug, Clone, Copy)]
pub struct RecordOrigin {
    /// Its offset.
    pub offset: Offset,
    /// Producer of its transaction, or [`ProducerId::NONE`].
    pub producer_id: ProducerId,
}

impl CoordinatorRecord for GroupRecord {
    fn encode(&self, buffer: &mut BytesMut) -> Result<usize, EncodeError> {
        let start = buffer.len();
        self.key.encode(buffer)?;
        let key_len = buffer.len() - start;
        if let Some((value, version)) = &self.value {
            value.encode(*version, buffer)?;
        }
        Ok(key_len)
    }

    fn is_tombstone(&self) -> bool {
        self.value.is_none()
    }
}

impl GroupRecord {
    /// The state of a group, with what each member is given.
    pub(crate) fn group_metadata(
        group: &ClassicGroup,
        assignment_of: impl Fn(&crate::Member) -> Bytes,
    ) -> Self {
        let protocol_name = group.protocol_name.as_deref().unwrap_or_default();
        let members = group.members().map(|member| MemberMetadata {
            member_id: member.id.clone(),
            group_instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout: member.rebalance_timeout_ms,
            session_timeout: member.session_timeout_ms,
            subscription: member.metadata(protocol_name),
            assignment: assignment_of(member),
            ..MemberMetadata::default()
        });
        let value = GroupMetadataValue {
            protocol_type: group.protocol_type.clone().unwrap_or_default(),
            generation: group.generation,
            protocol: group.protocol_name.clone(),
            leader: group.leader.clone(),
            current_state_timestamp: group.state_timestamp.map_or(-1, |timestamp| timestamp.0),
            members: members.collect(),
            ..GroupMetadataValue::default()
        };
        let value = Some((value.into(), GROUP_METADATA_VERSION));
        Self { key: GroupMetadataKey { group: group.id.clone() }.into(), value }
    }

    /// A group that has just come to be.
    pub(crate) fn new_group(group: &ClassicGroup) -> Self {
        let value = GroupMetadataValue {
            protocol: None,
            leader: None,
            current_state_timestamp: group.state_timestamp.map_or(-1, |timestamp| timestamp.0),
            ..GroupMetadataValue::default()
        };
        let value = Some((value.into(), GROUP_METADATA_VERSION));
        Self { key: GroupMetadataKey { group: group.id.clone() }.into(), value }
    }

    pub(crate) fn group_tombstone(group: &KafkaString) -> Self {
        Self { key: GroupMetadataKey { group: group.clone() }.into(), value: None }
    }

    pub(crate) fn offset_commit(
        group: &KafkaString,
        topic: &KafkaString,
        partition: i32,
        offset: OffsetAndMetadata,
    ) -> Self {
        let version = match offset.expire_timestamp {
            Some(_) => EXPIRING_OFFSET_COMMIT_VERSION,
            None => OFFSET_COMMIT_VERSION,
        };
        let value = OffsetCommitValue {
            offset: offset.committed_offset.0,
            leader_epoch: offset.leader_epoch.0,
            metadata: offset.metadata,
            commit_timestamp: offset.commit_timestamp.0,
            expire_timestamp: offset.expire_timestamp.map_or(-1, |timestamp| timestamp.0),
            topic_id: offset.topic_id,
            ..OffsetCommitValue::default()
        };
        Self { key: offset_key(group, topic, partition), value: Some((value.into(), version)) }
    }

    pub(crate) fn offset_tombstone(group: &KafkaString, topic: &KafkaString, partition: i32) -> Self {
        Self { key: offset_key(group, topic, partition), value: None }
    }
}

fn offset_key(group: &KafkaString, topic: &KafkaString, partition: i32) -> GroupKey {
    OffsetCommitKey { group: group.clone(), topic: topic.clone(), partition }.into()
}
