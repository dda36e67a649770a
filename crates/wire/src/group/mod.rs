//! The records of `__consumer_offsets`: groups of all kinds and their committed offsets.
//!
//! [`GroupKey`] is the key of any of them, read and written with the number of its type; [`GroupValue`] is
//! the value of any of them, with its version. A record with a key and no value deletes what the key names.

use crate::records::coordinator_records;

#[path = "08_consumer_group_current_member_assignment.rs"]
pub mod consumer_group_current_member_assignment;
#[path = "05_consumer_group_member_metadata.rs"]
pub mod consumer_group_member_metadata;
#[path = "03_consumer_group_metadata.rs"]
pub mod consumer_group_metadata;
#[path = "04_consumer_group_partition_metadata.rs"]
pub mod consumer_group_partition_metadata;
#[path = "16_consumer_group_regular_expression.rs"]
pub mod consumer_group_regular_expression;
#[path = "07_consumer_group_target_assignment_member.rs"]
pub mod consumer_group_target_assignment_member;
#[path = "06_consumer_group_target_assignment_metadata.rs"]
pub mod consumer_group_target_assignment_metadata;
#[path = "02_group_metadata.rs"]
pub mod group_metadata;
#[path = "00_legacy_offset_commit.rs"]
pub mod legacy_offset_commit;
#[path = "01_offset_commit.rs"]
pub mod offset_commit;
#[path = "14_share_group_current_member_assignment.rs"]
pub mod share_group_current_member_assignment;
#[path = "10_share_group_member_metadata.rs"]
pub mod share_group_member_metadata;
#[path = "11_share_group_metadata.rs"]
pub mod share_group_metadata;
#[path = "15_share_group_state_partition_metadata.rs"]
pub mod share_group_state_partition_metadata;
#[path = "13_share_group_target_assignment_member.rs"]
pub mod share_group_target_assignment_member;
#[path = "12_share_group_target_assignment_metadata.rs"]
pub mod share_group_target_assignment_metadata;
#[path = "22_streams_group_current_member_assignment.rs"]
pub mod streams_group_current_member_assignment;
#[path = "19_streams_group_member_metadata.rs"]
pub mod streams_group_member_metadata;
#[path = "17_streams_group_metadata.rs"]
pub mod streams_group_metadata;
#[path = "21_streams_group_target_assignment_member.rs"]
pub mod streams_group_target_assignment_member;
#[path = "20_streams_group_target_assignment_metadata.rs"]
pub mod streams_group_target_assignment_metadata;
#[path = "23_streams_group_topology.rs"]
pub mod streams_group_topology;

coordinator_records! {
    /// The key of a record of `__consumer_offsets`.
    GroupKey
    /// The value of a record of `__consumer_offsets`.
    GroupValue("__consumer_offsets record")
    0 LegacyOffsetCommit(legacy_offset_commit::{LegacyOffsetCommitKey, LegacyOffsetCommitValue});
    1 OffsetCommit(offset_commit::{OffsetCommitKey, OffsetCommitValue});
    2 GroupMetadata(group_metadata::{GroupMetadataKey, GroupMetadataValue});
    3 ConsumerGroupMetadata(consumer_group_metadata::{ConsumerGroupMetadataKey, ConsumerGroupMetadataValue});
    4 ConsumerGroupPartitionMetadata(consumer_group_partition_metadata::{ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue});
    5 ConsumerGroupMemberMetadata(consumer_group_member_metadata::{ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue});
    6 ConsumerGroupTargetAssignmentMetadata(consumer_group_target_assignment_metadata::{ConsumerGroupTargetAssignmentMetadataKey, ConsumerGroupTargetAssignmentMetadataValue});
    7 ConsumerGroupTargetAssignmentMember(consumer_group_target_assignment_member::{ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupTargetAssignmentMemberValue});
    8 ConsumerGroupCurrentMemberAssignment(consumer_group_current_member_assignment::{ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupCurrentMemberAssignmentValue});
    10 ShareGroupMemberMetadata(share_group_member_metadata::{ShareGroupMemberMetadataKey, ShareGroupMemberMetadataValue});
    11 ShareGroupMetadata(share_group_metadata::{ShareGroupMetadataKey, ShareGroupMetadataValue});
    12 ShareGroupTargetAssignmentMetadata(share_group_target_assignment_metadata::{ShareGroupTargetAssignmentMetadataKey, ShareGroupTargetAssignmentMetadataValue});
    13 ShareGroupTargetAssignmentMember(share_group_target_assignment_member::{ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMemberValue});
    14 ShareGroupCurrentMemberAssignment(share_group_current_member_assignment::{ShareGroupCurrentMemberAssignmentKey, ShareGroupCurrentMemberAssignmentValue});
    15 ShareGroupStatePartitionMetadata(share_group_state_partition_metadata::{ShareGroupStatePartitionMetadataKey, ShareGroupStatePartitionMetadataValue});
    16 ConsumerGroupRegularExpression(consumer_group_regular_expression::{ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue});
    17 StreamsGroupMetadata(streams_group_metadata::{StreamsGroupMetadataKey, StreamsGroupMetadataValue});
    19 StreamsGroupMemberMetadata(streams_group_member_metadata::{StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue});
    20 StreamsGroupTargetAssignmentMetadata(streams_group_target_assignment_metadata::{StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTargetAssignmentMetadataValue});
    21 StreamsGroupTargetAssignmentMember(streams_group_target_assignment_member::{StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberValue});
    22 StreamsGroupCurrentMemberAssignment(streams_group_current_member_assignment::{StreamsGroupCurrentMemberAssignmentKey, StreamsGroupCurrentMemberAssignmentValue});
    23 StreamsGroupTopology(streams_group_topology::{StreamsGroupTopologyKey, StreamsGroupTopologyValue});
}
