//! The APIs this node serves, one file each, and the table they stand in.
//!
//! The table decides what ApiVersions says and where a request goes.

#[cfg(test)]
mod admin_tests;
mod alter_configs;
mod authorized_operations;
mod cluster_view;
mod context;
mod distinct;
mod forwarding;
mod leaders;
mod reply;

#[path = "25_add_offsets_to_txn.rs"]
mod add_offsets_to_txn;
#[path = "24_add_partitions_to_txn.rs"]
mod add_partitions_to_txn;
#[path = "45_alter_partition_reassignments.rs"]
mod alter_partition_reassignments;
#[path = "18_api_versions.rs"]
mod api_versions;
#[path = "37_create_partitions.rs"]
mod create_partitions;
#[path = "19_create_topics.rs"]
mod create_topics;
#[path = "42_delete_groups.rs"]
mod delete_groups;
#[path = "21_delete_records.rs"]
mod delete_records;
#[path = "20_delete_topics.rs"]
mod delete_topics;
#[path = "60_describe_cluster.rs"]
mod describe_cluster;
#[path = "32_describe_configs.rs"]
mod describe_configs;
#[path = "15_describe_groups.rs"]
mod describe_groups;
#[path = "35_describe_log_dirs.rs"]
mod describe_log_dirs;
#[path = "61_describe_producers.rs"]
mod describe_producers;
#[path = "55_describe_quorum.rs"]
mod describe_quorum;
#[path = "75_describe_topic_partitions.rs"]
mod describe_topic_partitions;
#[path = "65_describe_transactions.rs"]
mod describe_transactions;
#[path = "43_elect_leaders.rs"]
mod elect_leaders;
#[path = "26_end_txn.rs"]
mod end_txn;
#[path = "01_fetch/mod.rs"]
mod fetch;
#[path = "10_find_coordinator.rs"]
mod find_coordinator;
#[path = "12_heartbeat.rs"]
mod heartbeat;
#[path = "44_incremental_alter_configs.rs"]
mod incremental_alter_configs;
#[path = "22_init_producer_id.rs"]
mod init_producer_id;
#[path = "11_join_group.rs"]
mod join_group;
#[path = "13_leave_group.rs"]
mod leave_group;
#[path = "33_alter_configs.rs"]
mod legacy_alter_configs;
#[path = "74_list_config_resources.rs"]
mod list_config_resources;
#[path = "16_list_groups.rs"]
mod list_groups;
#[path = "02_list_offsets.rs"]
mod list_offsets;
#[path = "46_list_partition_reassignments.rs"]
mod list_partition_reassignments;
#[path = "66_list_transactions.rs"]
mod list_transactions;
#[path = "03_metadata.rs"]
mod metadata;
#[path = "08_offset_commit.rs"]
mod offset_commit;
#[path = "47_offset_delete.rs"]
mod offset_delete;
#[path = "09_offset_fetch.rs"]
mod offset_fetch;
#[path = "23_offset_for_leader_epoch.rs"]
mod offset_for_leader_epoch;
#[path = "00_produce/mod.rs"]
mod produce;
#[path = "14_sync_group.rs"]
mod sync_group;
#[path = "28_txn_offset_commit.rs"]
mod txn_offset_commit;
#[path = "64_unregister_broker.rs"]
mod unregister_broker;
#[path = "57_update_features.rs"]
mod update_features;
#[path = "27_write_txn_markers.rs"]
mod write_txn_markers;

use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use ottla_wire::api::ApiKey;
use ottla_wire::{DecodeError, Message};

pub(crate) use context::{ClientSoftware, Connection, RequestContext};
pub(crate) use reply::{FilePiece, Piece, Reply};

use crate::broker::Broker;

/// An answer on its way.
pub(crate) type ReplyFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// What has become of a request after its first step.
pub(crate) enum Started {
    /// It is answered.
    Done(Reply),
    /// It waits for something.
    Waiting(ReplyFuture),
    /// It waits for something, and no other request of its connection may be started before it is done.
    Alone(ReplyFuture),
}

/// The body of a request whose header said something that the body does not hold to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// The listener does not serve the API, or not at this version.
    #[error("{api} version {version} is not served on listener {listener}")]
    NotServed {
        /// The API.
        api: ApiKey,
        /// The version.
        version: i16,
        /// The listener.
        listener: String,
    },
    /// The body is malformed.
    #[error("malformed request: {0}")]
    Malformed(#[from] DecodeError),
}

macro_rules! served {
    (
        raw { $($raw:ident => $raw_module:ident,)* }
        $($name:ident => $module:ident,)*
    ) => {
        /// The APIs this node serves, by key.
        pub(crate) const SERVED: &[ApiKey] = &[$(ApiKey::$raw,)* $(ApiKey::$name,)*];

        /// Starts a request, whose version is one that is served.
        ///
        /// # Errors
        ///
        /// If the body is malformed; Kafka closes the connection then.
        pub(crate) fn start(
            broker: &Arc<Broker>,
            context: RequestContext,
            body: BytesMut,
        ) -> Result<Started, RequestError> {
            match context.api_key {
                $(ApiKey::$raw => $raw_module::start(broker, context, body),)*
                $(ApiKey::$name => {
                    let request = decode(body.freeze(), context.api_version)?;
                    let broker = Arc::clone(broker);
                    Ok(Started::Waiting(Box::pin(async move {
                        Reply::message($module::handle(&broker, &context, request).await)
                    })))
                })*
                _ => Err(context.not_served()),
            }
        }
    };
}

served! {
    raw {
        Produce => produce,
        Fetch => fetch,
    }
    ListOffsets => list_offsets,
    OffsetCommit => offset_commit,
    OffsetFetch => offset_fetch,
    FindCoordinator => find_coordinator,
    JoinGroup => join_group,
    Heartbeat => heartbeat,
    LeaveGroup => leave_group,
    SyncGroup => sync_group,
    DescribeGroups => describe_groups,
    ListGroups => list_groups,
    DeleteGroups => delete_groups,
    OffsetDelete => offset_delete,
    ApiVersions => api_versions,
    Metadata => metadata,
    CreateTopics => create_topics,
    DeleteTopics => delete_topics,
    InitProducerId => init_producer_id,
    DescribeConfigs => describe_configs,
    AlterConfigs => legacy_alter_configs,
    CreatePartitions => create_partitions,
    ElectLeaders => elect_leaders,
    IncrementalAlterConfigs => incremental_alter_configs,
    AlterPartitionReassignments => alter_partition_reassignments,
    ListPartitionReassignments => list_partition_reassignments,
    DescribeQuorum => describe_quorum,
    UpdateFeatures => update_features,
    DescribeCluster => describe_cluster,
    UnregisterBroker => unregister_broker,
    ListConfigResources => list_config_resources,
    DescribeTopicPartitions => describe_topic_partitions,
    DeleteRecords => delete_records,
    OffsetForLeaderEpoch => offset_for_leader_epoch,
    DescribeLogDirs => describe_log_dirs,
    DescribeProducers => describe_producers,
    AddPartitionsToTxn => add_partitions_to_txn,
    AddOffsetsToTxn => add_offsets_to_txn,
    EndTxn => end_txn,
    WriteTxnMarkers => write_txn_markers,
    TxnOffsetCommit => txn_offset_commit,
    DescribeTransactions => describe_transactions,
    ListTransactions => list_transactions,
}

/// Whether this node serves the API at all.
pub(crate) fn is_served(key: ApiKey) -> bool {
    served_index(key).is_some()
}

/// Where the API stands in [`SERVED`].
pub(crate) fn served_index(key: ApiKey) -> Option<usize> {
    let index = *INDEX_OF_KEY.get(key as usize)?;
    (index != NOT_SERVED).then_some(usize::from(index))
}

const NOT_SERVED: u8 = u8::MAX;

/// [`SERVED`], by key.
static INDEX_OF_KEY: [u8; 128] = {
    let mut table = [NOT_SERVED; 128];
    let mut index = 0;
    while index < SERVED.len() {
        table[SERVED[index] as usize] = index as u8;
        index += 1;
    }
    table
};

/// Reads a request from the front of its body. What stands behind it is not looked at, as Kafka does not either:
/// librdkafka leaves bytes there when it asks for the metadata of all topics.
fn decode<M: Message>(mut body: Bytes, version: i16) -> Result<M, DecodeError> {
    M::decode_prefix(&mut body, version)
}

pub(crate) use api_versions::unsupported_version as unsupported_api_versions;

#[cfg(test)]
mod tests {
    use ottla_wire::api::metadata::MetadataRequest;

    use super::*;

    #[test]
    fn bytes_behind_a_request_are_not_looked_at() {
        let body = Bytes::from_static(&[0, 0, 0, 0, 1, 0, 0]);
        let request: MetadataRequest = decode(body, 13).unwrap();
        assert_eq!(request.topics, None);
        assert!(!request.allow_auto_topic_creation);
    }
}
