//! Operations against nodes in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use ottla_record::{Offset, Timestamp};
use ottla_wire::api::alter_replica_log_dirs;
use ottla_wire::api::consumer_group_describe::{self, ConsumerGroupDescribeResponse};
use ottla_wire::api::create_topics::{CreatableTopicResult, CreateTopicsResponse};
use ottla_wire::api::describe_groups::{self, DescribeGroupsResponse};
use ottla_wire::api::describe_topic_partitions::{
    DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic, ResponseCursor,
};
use ottla_wire::api::describe_transactions::{self, DescribeTransactionsResponse};
use ottla_wire::api::find_coordinator::{Coordinator, FindCoordinatorResponse};
use ottla_wire::api::incremental_alter_configs::{
    AlterConfigsResourceResponse, IncrementalAlterConfigsResponse,
};
use ottla_wire::api::init_producer_id::InitProducerIdResponse;
use ottla_wire::api::list_offsets::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use ottla_wire::api::offset_fetch::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions, OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use ottla_wire::api::write_txn_markers;
use ottla_wire::api::{ApiKey, RequestBody};
use ottla_wire::{ErrorCode, KafkaString};
use tokio::time::Instant;

use super::*;
use crate::metadata::MetadataOptions;
use crate::testing::{Answer, Asked, Nodes, config, metadata};
use crate::topic_partition::TopicPartition;

fn admin(nodes: &Nodes) -> Admin {
    let connector = Box::new(nodes.clone());
    Admin::of(Client::with_connector(config(), MetadataOptions::default(), connector))
}

/// Nodes of a cluster of three with topic `t`, whose partitions 0 and 1 are led by 1 and 2.
fn cluster(mut handler: impl FnMut(&Asked) -> Answer + Send + 'static) -> Nodes {
    Nodes::new(move |asked| match asked.key {
        ApiKey::Metadata => metadata(3, &[("t", &[1, 2])]).into(),
        _ => handler(asked),
    })
}

fn created(name: &str, code: ErrorCode) -> CreatableTopicResult {
    CreatableTopicResult {
        name: name.into(),
        error_code: code.number(),
        error_message: (code != ErrorCode::None).then(|| "as the node says".into()),
        num_partitions: 3,
        replication_factor: 1,
        ..CreatableTopicResult::default()
    }
}

#[tokio::test(start_paused = true)]
async fn each_topic_is_created_or_not_by_itself() {
    let mut round = 0;
    let nodes = cluster(move |asked| {
        assert_eq!(asked.port, 9003);
        round += 1;
        let topics = match round {
            1 => vec![created("a", ErrorCode::NotController), created("b", ErrorCode::NotController)],
            _ => vec![created("a", ErrorCode::None), created("b", ErrorCode::TopicAlreadyExists)],
        };
        CreateTopicsResponse { topics, ..CreateTopicsResponse::default() }.into()
    });
    let topics = [NewTopic::new("a", Some(3), None), NewTopic::new("b", None, None)];
    let results = admin(&nodes).create_topics(&topics, CreateTopicsOptions::default()).await.unwrap();
    assert_eq!(results["a"].as_ref().unwrap().partitions, Some(3));
    let error = results["b"].as_ref().unwrap_err();
    assert_eq!(error.to_string(), "TOPIC_ALREADY_EXISTS: as the node says");
    let RequestBody::CreateTopics(request) = &nodes.log().last().unwrap().body.clone() else { panic!() };
    assert_eq!((request.topics[0].num_partitions, request.topics[0].replication_factor), (3, -1));
    assert_eq!(request.timeout_ms, 30_000);
}

#[tokio::test(start_paused = true)]
async fn an_operation_ends_when_its_time_is_up() {
    let nodes = cluster(|_| Answer::Nothing);
    let admin = admin(&nodes).with_timeout(Duration::from_secs(5));
    let started = Instant::now();
    let error = admin.describe_cluster(DescribeClusterOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::RequestTimedOut);
    assert_eq!(started.elapsed(), Duration::from_secs(5));
}

fn page_of(name: &str, indexes: std::ops::Range<i32>) -> DescribeTopicPartitionsResponseTopic {
    let partition = |partition_index| DescribeTopicPartitionsResponsePartition {
        partition_index,
        eligible_leader_replicas: Some(Vec::new()),
        ..DescribeTopicPartitionsResponsePartition::default()
    };
    DescribeTopicPartitionsResponseTopic {
        name: Some(name.into()),
        partitions: indexes.map(partition).collect(),
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}

#[tokio::test(start_paused = true)]
async fn topics_are_described_page_by_page() {
    let mut pages = vec![
        (vec![page_of("b", 2..3)], None),
        (
            vec![page_of("a", 0..2), page_of("b", 0..2)],
            Some(ResponseCursor { topic_name: "b".into(), partition_index: 2, ..ResponseCursor::default() }),
        ),
    ];
    let nodes = cluster(move |_| {
        let (topics, next_cursor) = pages.pop().unwrap();
        DescribeTopicPartitionsResponse { topics, next_cursor, ..DescribeTopicPartitionsResponse::default() }
            .into()
    });
    let names = ["b", "a", "c"].map(|name| TopicSelector::Name(name.into()));
    let results = admin(&nodes).describe_topics(&names, DescribeTopicsOptions::default()).await.unwrap();
    let partitions = |name: &TopicSelector| results[name].as_ref().map(|topic| topic.partitions.len()).ok();
    assert_eq!([&names[1], &names[0], &names[2]].map(partitions), [Some(2), Some(3), None]);
    let cursors: Vec<_> = nodes
        .log()
        .iter()
        .filter_map(|asked| match &asked.body {
            RequestBody::DescribeTopicPartitions(request) => Some(request.topics.len()),
            _ => None,
        })
        .collect();
    assert_eq!(cursors, [3, 2]);
}

#[tokio::test(start_paused = true)]
async fn topics_are_described_by_metadata_where_pages_are_lacking() {
    let nodes = cluster(|asked| panic!("{asked:?}"));
    nodes.set_versions(ApiKey::DescribeTopicPartitions, 7, 8);
    let names = [TopicSelector::Name("t".into())];
    let results = admin(&nodes).describe_topics(&names, DescribeTopicsOptions::default()).await.unwrap();
    let topic = results[&names[0]].as_ref().unwrap();
    assert_eq!(topic.partitions.iter().map(|p| p.leader).collect::<Vec<_>>(), [Some(1), Some(2)]);
}

#[tokio::test(start_paused = true)]
async fn offsets_are_asked_of_leaders_again_and_again() {
    let mut round = 0;
    let nodes = cluster(move |asked| {
        let RequestBody::ListOffsets(request) = &asked.body else { panic!("{asked:?}") };
        let index = request.topics[0].partitions[0].partition_index;
        assert_eq!((asked.port, request.topics[0].partitions.len()), (9001 + index as u16, 1));
        round += 1;
        let code = if index == 0 && round < 4 { ErrorCode::NotLeaderOrFollower } else { ErrorCode::None };
        let partition = ListOffsetsPartitionResponse {
            partition_index: index,
            error_code: code.number(),
            offset: 40 + i64::from(index),
            ..ListOffsetsPartitionResponse::default()
        };
        let topics = vec![ListOffsetsTopicResponse {
            name: "t".into(),
            partitions: vec![partition],
            ..ListOffsetsTopicResponse::default()
        }];
        ListOffsetsResponse { topics, ..ListOffsetsResponse::default() }.into()
    });
    let specs =
        [(0, OffsetSpec::Latest), (1, OffsetSpec::AtTimestamp(Timestamp(5))), (2, OffsetSpec::Earliest)];
    let partitions = specs.map(|(index, spec)| (TopicPartition::new("t", index), spec));
    let admin = admin(&nodes).with_timeout(Duration::from_secs(3));
    let results = admin.list_offsets(partitions.into(), IsolationLevel::ReadUncommitted).await;
    let offsets: Vec<_> = results.values().map(|r| r.as_ref().map(|listed| listed.offset).ok()).collect();
    assert_eq!(offsets, [Some(Offset(40)), Some(Offset(41)), None]);
    let missing = results[&TopicPartition::new("t", 2)].as_ref().unwrap_err();
    assert_eq!(missing.code(), ErrorCode::UnknownTopicOrPartition);
}

fn coordinator(broker: i32) -> Answer {
    let coordinators = vec![Coordinator { node_id: broker, ..Coordinator::default() }];
    FindCoordinatorResponse { coordinators, ..FindCoordinatorResponse::default() }.into()
}

#[tokio::test(start_paused = true)]
async fn a_classic_group_is_found_where_it_moved_to() {
    let mut coordinators = vec![2, 1];
    let nodes = cluster(move |asked| {
        let code = match (asked.key, asked.port) {
            (ApiKey::FindCoordinator, _) => return coordinator(coordinators.pop().unwrap()),
            (ApiKey::ConsumerGroupDescribe, 9001) => ErrorCode::NotCoordinator,
            (ApiKey::ConsumerGroupDescribe, _) => ErrorCode::GroupIdNotFound,
            _ => {
                let member = describe_groups::DescribedGroupMember {
                    member_id: "m".into(),
                    member_assignment: (&b"\0\0\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\x01\0\0\0\0"[..]).into(),
                    ..describe_groups::DescribedGroupMember::default()
                };
                let group = describe_groups::DescribedGroup {
                    group_id: "g".into(),
                    group_state: "Stable".into(),
                    protocol_type: "consumer".into(),
                    members: vec![member],
                    ..describe_groups::DescribedGroup::default()
                };
                return DescribeGroupsResponse { groups: vec![group], ..DescribeGroupsResponse::default() }
                    .into();
            }
        };
        let group = consumer_group_describe::DescribedGroup {
            group_id: "g".into(),
            error_code: code.number(),
            ..consumer_group_describe::DescribedGroup::default()
        };
        ConsumerGroupDescribeResponse { groups: vec![group], ..ConsumerGroupDescribeResponse::default() }
            .into()
    });
    let results = admin(&nodes).describe_groups(&["g".into()], false).await;
    let group = results["g"].as_ref().unwrap();
    assert_eq!((&*group.state, group.coordinator.as_ref().unwrap().id), ("Stable", 2));
    assert_eq!(group.members[0].assignment, [TopicPartition::new("t", 1)].into());
    assert_eq!(nodes.keys().iter().filter(|key| **key == ApiKey::FindCoordinator).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn committed_offsets_read_alike_in_old_and_new_versions() {
    for last in [7, 10] {
        let nodes = cluster(|asked| {
            let mut response = OffsetFetchResponse::default();
            match asked.key {
                ApiKey::FindCoordinator => return coordinator(1),
                _ if asked.version >= 8 => {
                    let partition = |index, offset| OffsetFetchResponsePartitions {
                        partition_index: index,
                        committed_offset: offset,
                        ..OffsetFetchResponsePartitions::default()
                    };
                    let topic = OffsetFetchResponseTopics {
                        name: "t".into(),
                        partitions: vec![partition(0, 7), partition(1, -1)],
                        ..OffsetFetchResponseTopics::default()
                    };
                    response.groups =
                        vec![OffsetFetchResponseGroup { topics: vec![topic], ..Default::default() }];
                }
                _ => {
                    let partition = |index, offset| OffsetFetchResponsePartition {
                        partition_index: index,
                        committed_offset: offset,
                        ..OffsetFetchResponsePartition::default()
                    };
                    response.topics = vec![OffsetFetchResponseTopic {
                        name: "t".into(),
                        partitions: vec![partition(0, 7), partition(1, -1)],
                        ..OffsetFetchResponseTopic::default()
                    }];
                }
            }
            response.into()
        });
        nodes.set_versions(ApiKey::OffsetFetch, 1, last);
        let results = admin(&nodes).list_group_offsets(&"g".into(), None, false).await.unwrap();
        let offsets: Vec<_> =
            results.into_values().map(|result| result.unwrap().map(|committed| committed.offset.0)).collect();
        assert_eq!(offsets, [Some(7), None]);
        assert_eq!(nodes.log().last().unwrap().version, last.min(9));
    }
}

#[tokio::test(start_paused = true)]
async fn configs_of_single_brokers_are_altered_at_them() {
    let nodes = cluster(|asked| {
        let RequestBody::IncrementalAlterConfigs(request) = &asked.body else { panic!("{asked:?}") };
        let responses = request.resources.iter().map(|resource| AlterConfigsResourceResponse {
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            error_code: if asked.port == 9002 { 0 } else { ErrorCode::InvalidConfig.number() },
            ..AlterConfigsResourceResponse::default()
        });
        let responses = responses.collect();
        IncrementalAlterConfigsResponse { responses, ..IncrementalAlterConfigsResponse::default() }.into()
    });
    let change = ConfigChange {
        name: "k".into(),
        operation: AlterOperation::Set,
        value: Some(KafkaString::from_static("v")),
    };
    let resource = |kind, name: &str| ConfigResource::new(kind, name);
    let broker = resource(ConfigResourceType::Broker, "2");
    let topic = resource(ConfigResourceType::Topic, "t");
    let missing = resource(ConfigResourceType::BrokerLogger, "9");
    let changes: BTreeMap<_, _> =
        [&broker, &topic, &missing].map(|resource| (resource.clone(), vec![change.clone()])).into();
    let admin = admin(&nodes).with_timeout(Duration::from_secs(1));
    // The topic's may go to any node: to whichever is connected, which is the one that told of the cluster.
    let results = admin.incremental_alter_configs(&changes, AlterConfigsOptions::default()).await;
    assert!(results[&broker].is_ok());
    assert!(results.contains_key(&topic));
    assert_eq!(results[&missing].as_ref().unwrap_err().code(), ErrorCode::RequestTimedOut);
}

fn transaction_coordinator(asked: &Asked) -> Option<Answer> {
    let RequestBody::FindCoordinator(request) = &asked.body else { return None };
    assert_eq!(request.key_type, 1);
    let key = request.coordinator_keys[0].clone();
    let coordinator = Coordinator { key, node_id: 2, ..Coordinator::default() };
    Some(FindCoordinatorResponse { coordinators: vec![coordinator], ..Default::default() }.into())
}

#[tokio::test(start_paused = true)]
async fn transactions_are_described_by_their_coordinator() {
    let mut round = 0;
    let nodes = cluster(move |asked| {
        if let Some(answer) = transaction_coordinator(asked) {
            return answer;
        }
        let RequestBody::DescribeTransactions(request) = &asked.body else { panic!("{asked:?}") };
        assert_eq!(asked.port, 9002);
        round += 1;
        let code = match (round, &*request.transactional_ids[0]) {
            (1, _) => ErrorCode::CoordinatorLoadInProgress,
            (_, "gone") => ErrorCode::TransactionalIdNotFound,
            _ => ErrorCode::None,
        };
        let state = describe_transactions::TransactionState {
            error_code: code.number(),
            transactional_id: request.transactional_ids[0].clone(),
            transaction_state: "Ongoing".into(),
            transaction_timeout_ms: 60_000,
            transaction_start_time_ms: 5,
            producer_id: 7,
            producer_epoch: 3,
            topics: vec![describe_transactions::TopicData {
                topic: "t".into(),
                partitions: vec![1, 0],
                ..Default::default()
            }],
            ..Default::default()
        };
        DescribeTransactionsResponse { transaction_states: vec![state], ..Default::default() }.into()
    });
    let results = admin(&nodes).describe_transactions(&["id".into(), "gone".into()]).await;
    let found = results["id"].as_ref().unwrap();
    assert_eq!((found.coordinator, &*found.state, found.start), (2, "Ongoing", Some(Timestamp(5))));
    assert_eq!(found.partitions.len(), 2);
    assert_eq!(results["gone"].as_ref().unwrap_err().code(), ErrorCode::TransactionalIdNotFound);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_hangs_is_aborted_by_the_leader() {
    let nodes = cluster(|asked| {
        let RequestBody::WriteTxnMarkers(request) = &asked.body else { panic!("{asked:?}") };
        let marker = &request.markers[0];
        assert!(asked.port == 9002 && !marker.transaction_result && marker.coordinator_epoch == 4);
        let partition = write_txn_markers::WritableTxnMarkerPartitionResult {
            partition_index: 1,
            error_code: ErrorCode::TransactionCoordinatorFenced.number(),
            ..Default::default()
        };
        let topic = write_txn_markers::WritableTxnMarkerTopicResult {
            name: "t".into(),
            partitions: vec![partition],
            ..Default::default()
        };
        let result = write_txn_markers::WritableTxnMarkerResult {
            producer_id: marker.producer_id,
            topics: vec![topic],
            ..Default::default()
        };
        write_txn_markers::WriteTxnMarkersResponse { markers: vec![result], ..Default::default() }.into()
    });
    let hanging = HangingTransaction {
        partition: TopicPartition::new("t", 1),
        producer_id: ottla_record::ProducerId(7),
        producer_epoch: 3,
        coordinator_epoch: 4,
    };
    let error = admin(&nodes).abort_transaction(&hanging).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TransactionCoordinatorFenced);
}

#[tokio::test(start_paused = true)]
async fn producers_are_fenced_by_taking_their_place() {
    let mut round = 0;
    let nodes = cluster(move |asked| {
        if let Some(answer) = transaction_coordinator(asked) {
            return answer;
        }
        round += 1;
        let code = if round == 1 { ErrorCode::ConcurrentTransactions } else { ErrorCode::None };
        InitProducerIdResponse {
            error_code: code.number(),
            producer_id: 7,
            producer_epoch: 4,
            ..Default::default()
        }
        .into()
    });
    let results = admin(&nodes).fence_producers(&["id".into()]).await;
    assert_eq!(results["id"].as_ref().unwrap().producer_epoch, 4);
}

#[tokio::test(start_paused = true)]
async fn replicas_move_to_other_directories_by_themselves() {
    let nodes = cluster(|asked| {
        let RequestBody::AlterReplicaLogDirs(request) = &asked.body else { panic!("{asked:?}") };
        assert_eq!((asked.port, &*request.dirs[0].path), (9001, "/data/2"));
        let partition = alter_replica_log_dirs::AlterReplicaLogDirPartitionResult {
            error_code: ErrorCode::LogDirNotFound.number(),
            ..Default::default()
        };
        let topic = alter_replica_log_dirs::AlterReplicaLogDirTopicResult {
            topic_name: "t".into(),
            partitions: vec![partition],
            ..Default::default()
        };
        alter_replica_log_dirs::AlterReplicaLogDirsResponse { results: vec![topic], ..Default::default() }
            .into()
    });
    let replica = |partition| Replica { partition: TopicPartition::new("t", partition), broker: 1 };
    let moves = BTreeMap::from([(replica(0), "/data/2".into()), (replica(1), "/data/2".into())]);
    let results = admin(&nodes).alter_replica_log_dirs(&moves).await;
    assert_eq!(results[&replica(0)].as_ref().unwrap_err().code(), ErrorCode::LogDirNotFound);
    assert!(matches!(results[&replica(1)], Err(ClientError::Incomplete { .. })));
}
