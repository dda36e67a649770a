//! ListOffsets.

use std::collections::BTreeMap;

use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::Versions;
use ottla_wire::api::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopic,
};

use super::by_leader::LeaderOperation;
use super::{Admin, Results};
use crate::error::ApiError;
use crate::topic_partition::{TopicPartition, by_topic};

/// Which offset of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OffsetSpec {
    /// The first one.
    Earliest,
    /// The one after the last.
    Latest,
    /// The first record that is not older.
    AtTimestamp(Timestamp),
    /// The record with the highest timestamp (KIP-734).
    MaxTimestamp,
    /// The first one on the leader's own disk (KIP-405).
    EarliestLocal,
    /// The last one in tiered storage (KIP-1005).
    LatestTiered,
    /// The first one that is not in tiered storage yet (KIP-1023).
    EarliestPendingUpload,
}

impl OffsetSpec {
    /// What stands in the place of a timestamp.
    pub const fn timestamp(self) -> i64 {
        match self {
            Self::AtTimestamp(timestamp) => timestamp.0,
            Self::Latest => -1,
            Self::Earliest => -2,
            Self::MaxTimestamp => -3,
            Self::EarliestLocal => -4,
            Self::LatestTiered => -5,
            Self::EarliestPendingUpload => -6,
        }
    }

    /// The first version that knows it.
    const fn first_version(self) -> i16 {
        match self {
            Self::AtTimestamp(_) | Self::Latest | Self::Earliest => 1,
            Self::MaxTimestamp => 7,
            Self::EarliestLocal => 8,
            Self::LatestTiered => 9,
            Self::EarliestPendingUpload => 11,
        }
    }
}

/// Which records count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(i8)]
pub enum IsolationLevel {
    /// All of them.
    #[default]
    ReadUncommitted = 0,
    /// Only those before the first transaction that is open.
    ReadCommitted = 1,
}

/// An offset that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedOffset {
    /// The offset; -1 if no record fits.
    pub offset: Offset,
    /// The record's timestamp; -1 unless asked by one.
    pub timestamp: Timestamp,
    /// Epoch in which the record was written; -1 if not known.
    pub leader_epoch: LeaderEpoch,
}

impl Admin {
    /// Looks up offsets of partitions, each by itself, at their leaders.
    pub async fn list_offsets(
        &self,
        partitions: BTreeMap<TopicPartition, OffsetSpec>,
        isolation: IsolationLevel,
    ) -> Results<TopicPartition, ListedOffset> {
        let timeout_ms = self.timeout_ms();
        // Leaders that lack what one partition needs would refuse the others with it.
        let mut by_version: BTreeMap<i16, BTreeMap<TopicPartition, OffsetSpec>> = BTreeMap::new();
        for (partition, spec) in partitions {
            by_version.entry(spec.first_version()).or_default().insert(partition, spec);
        }
        let mut results = Results::new();
        for partitions in by_version.into_values() {
            results.extend(self.by_leader(&Listing { isolation, timeout_ms }, partitions).await);
        }
        results
    }
}

struct Listing {
    isolation: IsolationLevel,
    timeout_ms: i32,
}

impl LeaderOperation for Listing {
    type Request = ListOffsetsRequest;
    type Input = OffsetSpec;
    type Output = ListedOffset;

    fn request(&self, partitions: &[(TopicPartition, OffsetSpec)]) -> ListOffsetsRequest {
        let partition = |(index, spec): (i32, OffsetSpec)| ListOffsetsPartition {
            partition_index: index,
            timestamp: spec.timestamp(),
            ..ListOffsetsPartition::default()
        };
        let topics = by_topic(partitions.iter().cloned()).into_iter().map(|(name, partitions)| {
            let partitions = partitions.into_iter().map(partition).collect();
            ListOffsetsTopic { name, partitions, ..ListOffsetsTopic::default() }
        });
        ListOffsetsRequest {
            replica_id: -1,
            isolation_level: self.isolation as i8,
            topics: topics.collect(),
            timeout_ms: self.timeout_ms,
            ..ListOffsetsRequest::default()
        }
    }

    fn results(
        &self,
        response: ListOffsetsResponse,
    ) -> Vec<(TopicPartition, Result<ListedOffset, ApiError>)> {
        let mut results = Vec::new();
        for topic in response.topics {
            for found in topic.partitions {
                let listed = ListedOffset {
                    offset: Offset(found.offset),
                    timestamp: Timestamp(found.timestamp),
                    leader_epoch: LeaderEpoch(found.leader_epoch),
                };
                let partition = TopicPartition::new(topic.name.clone(), found.partition_index);
                results.push((partition, ApiError::check(found.error_code, None).map(|()| listed)));
            }
        }
        results
    }

    fn versions(&self, partitions: &[(TopicPartition, OffsetSpec)]) -> Versions {
        let needed = partitions.iter().map(|(_, spec)| spec.first_version()).max();
        let isolated = if self.isolation == IsolationLevel::ReadCommitted { 2 } else { 1 };
        Versions::new(needed.unwrap_or(1).max(isolated), i16::MAX)
    }
}
