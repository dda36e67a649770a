//! The APIs that ask about the cluster or change it, against a running controller.

mod configs;

use std::sync::Arc;

use ottla_wire::api::create_partitions::{CreatePartitionsRequest, CreatePartitionsTopic};
use ottla_wire::api::delete_topics::{DeleteTopicState, DeleteTopicsRequest};
use ottla_wire::api::describe_cluster::DescribeClusterRequest;
use ottla_wire::api::describe_quorum::{DescribeQuorumRequest, RequestPartitionData, RequestTopicData};
use ottla_wire::api::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, RequestCursor, TopicRequest,
};
use ottla_wire::api::elect_leaders::ElectLeadersRequest;
use ottla_wire::api::init_producer_id::InitProducerIdRequest;
use ottla_wire::api::list_partition_reassignments::ListPartitionReassignmentsRequest;
use ottla_wire::api::metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse};
use ottla_wire::api::update_features::UpdateFeaturesRequest;
use ottla_wire::api::{ApiKey, ResponseBody};
use ottla_wire::{ErrorCode, KafkaString, Message, Uuid};

use crate::metadata::testing::{Rig as MetadataRig, Running, create_topics};
use crate::testing::Rig;

/// A node without sockets whose controller runs.
struct Node {
    rig: Rig,
    running: Running,
    runtime: tokio::runtime::Runtime,
}

impl Node {
    fn start() -> Self {
        Self::with_config("")
    }

    fn with_config(more: &str) -> Self {
        let running = MetadataRig::new(more).start().unwrap();
        let mut rig = Rig::new();
        let broker = Arc::get_mut(&mut rig.broker).unwrap();
        broker.metadata = Arc::clone(&running.cache);
        broker.controller = running.handle.clone();
        broker.dynamic_config = Arc::clone(&running.config);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { rig, running, runtime }
    }

    /// The answer of one version.
    fn ask<Q: Message>(&self, key: ApiKey, version: i16, request: &Q) -> ResponseBody {
        self.runtime.block_on(self.rig.ask(key, version, request))
    }

    fn versions(&self, key: ApiKey) -> std::ops::RangeInclusive<i16> {
        let versions = key.api().unwrap().advertised_versions(ottla_wire::api::Listener::Broker, false);
        versions.first..=versions.last
    }

    fn create(&self, name: &str) {
        assert_eq!(self.running.create(name), Ok(0));
    }

    fn metadata(&self, version: i16, request: &MetadataRequest) -> MetadataResponse {
        match self.ask(ApiKey::Metadata, version, request) {
            ResponseBody::Metadata(response) => response,
            other => panic!("{other:?}"),
        }
    }

    fn stop(self) {
        self.running.stop();
    }
}

fn named(name: &str) -> MetadataRequestTopic {
    MetadataRequestTopic { name: Some(KafkaString::from(name)), ..MetadataRequestTopic::default() }
}

#[test]
fn metadata_tells_topics_and_where_they_are_in_every_version() {
    let node = Node::start();
    node.create("a");
    node.create("b");
    for version in node.versions(ApiKey::Metadata) {
        let response =
            node.metadata(version, &MetadataRequest { topics: Some(vec![named("a")]), ..Default::default() });
        assert_eq!(response.brokers.len(), 1);
        assert_eq!((response.brokers[0].node_id, response.brokers[0].port), (1, 9092));
        let topic = &response.topics[0];
        assert_eq!((topic.error_code, topic.name.as_deref()), (0, Some("a")));
        assert_eq!(topic.partitions.len(), 2);
        let partition = &topic.partitions[1];
        assert_eq!((partition.error_code, partition.leader_id), (0, 1));
        assert_eq!((&partition.replica_nodes[..], &partition.isr_nodes[..]), (&[1][..], &[1][..]));
        assert_eq!(topic.topic_id.is_zero(), version < 10);

        let all = (version > 0).then_some(MetadataRequest { topics: None, ..Default::default() });
        let all = all.unwrap_or(MetadataRequest { topics: Some(Vec::new()), ..Default::default() });
        assert_eq!(node.metadata(version, &all).topics.len(), 2, "version {version}");
    }
    node.stop();
}

#[test]
fn topics_can_be_asked_for_by_id() {
    let node = Node::start();
    node.create("a");
    let id = node.running.cache.image().topics().topic_id("a").unwrap();
    let by_id = |id| MetadataRequest {
        topics: Some(vec![MetadataRequestTopic { topic_id: id, name: None, ..Default::default() }]),
        ..Default::default()
    };
    let response = node.metadata(13, &by_id(id));
    assert_eq!(response.topics[0].name.as_deref(), Some("a"));
    let response = node.metadata(12, &by_id(Uuid::from_halves(9, 9)));
    assert_eq!(response.topics[0].error_code, ErrorCode::UnknownTopicId.number());
    assert_eq!(response.topics[0].name, None);
    // Versions 10 and 11 have the field, but must not use it.
    let response = node.metadata(11, &by_id(id));
    assert_eq!(response.topics[0].error_code, ErrorCode::InvalidRequest.number());
    node.stop();
}

#[test]
fn missing_topics_come_into_being_if_that_is_wanted() {
    let node = Node::start();
    let request = |name, allow_auto_topic_creation| MetadataRequest {
        topics: Some(vec![named(name)]),
        allow_auto_topic_creation,
        ..Default::default()
    };
    let unknown = ErrorCode::UnknownTopicOrPartition.number();
    assert_eq!(node.metadata(9, &request("a", false)).topics[0].error_code, unknown);
    // Who asks first is told that there is none, as Kafka tells it.
    assert_eq!(node.metadata(9, &request("a", true)).topics[0].error_code, unknown);
    let topic = node.metadata(9, &request("a", true)).topics.remove(0);
    assert_eq!((topic.error_code, topic.partitions.len()), (0, 1));
    let invalid = ErrorCode::InvalidTopicException.number();
    assert_eq!(node.metadata(9, &request("a b", true)).topics[0].error_code, invalid);
    assert_eq!(node.running.topic_names(), ["a"]);
    node.stop();

    let node = Node::with_config("auto.create.topics.enable=false");
    assert_eq!(node.metadata(9, &request("a", true)).topics[0].error_code, unknown);
    node.stop();
}

#[test]
fn what_a_client_may_do_is_told_when_asked() {
    let node = Node::start();
    node.create("a");
    let request = MetadataRequest {
        topics: None,
        include_topic_authorized_operations: true,
        include_cluster_authorized_operations: true,
        ..Default::default()
    };
    let response = node.metadata(8, &request);
    assert_eq!(response.cluster_authorized_operations, 8096);
    assert_eq!(response.topics[0].topic_authorized_operations, 3576);
    node.stop();
}

#[test]
fn topics_are_made_grown_and_deleted_in_every_version() {
    let node = Node::start();
    for version in node.versions(ApiKey::CreateTopics) {
        let name = format!("t{version}");
        let ResponseBody::CreateTopics(response) =
            node.ask(ApiKey::CreateTopics, version, &create_topics(&name))
        else {
            panic!()
        };
        assert_eq!(response.topics[0].error_code, 0, "{response:?}");
    }
    for version in node.versions(ApiKey::CreatePartitions) {
        let topic = CreatePartitionsTopic {
            name: KafkaString::from("t2"),
            count: 3 + i32::from(version),
            assignments: None,
            ..Default::default()
        };
        let request = CreatePartitionsRequest { topics: vec![topic], ..Default::default() };
        let ResponseBody::CreatePartitions(response) = node.ask(ApiKey::CreatePartitions, version, &request)
        else {
            panic!()
        };
        assert_eq!(response.results[0].error_code, 0, "{response:?}");
    }
    assert_eq!(node.running.cache.image().topics().topic_by_name("t2").unwrap().partitions.len(), 6);
    let id = node.running.cache.image().topics().topic_id("t7").unwrap();
    for version in node.versions(ApiKey::DeleteTopics) {
        let mut request = DeleteTopicsRequest { timeout_ms: 1000, ..Default::default() };
        match version {
            6 => {
                let by_id = DeleteTopicState { topic_id: id, ..Default::default() };
                let name = Some(KafkaString::from("t6"));
                request.topics = vec![by_id, DeleteTopicState { name, ..Default::default() }];
            }
            _ => request.topic_names = vec![KafkaString::from(format!("t{version}"))],
        }
        let ResponseBody::DeleteTopics(response) = node.ask(ApiKey::DeleteTopics, version, &request) else {
            panic!()
        };
        let expected = if version == 1 { ErrorCode::UnknownTopicOrPartition.number() } else { 0 };
        assert!(response.responses.iter().all(|topic| topic.error_code == expected), "{response:?}");
    }
    assert!(node.running.topic_names().is_empty());
    node.stop();
}

#[test]
fn the_cluster_is_described() {
    let node = Node::start();
    for version in node.versions(ApiKey::DescribeCluster) {
        let request =
            DescribeClusterRequest { include_cluster_authorized_operations: true, ..Default::default() };
        let ResponseBody::DescribeCluster(response) = node.ask(ApiKey::DescribeCluster, version, &request)
        else {
            panic!()
        };
        assert_eq!((response.error_code, response.controller_id, response.brokers.len()), (0, 1, 1));
        assert_eq!(response.cluster_authorized_operations, 8096);
    }
    let ask = |endpoint_type| {
        let request = DescribeClusterRequest { endpoint_type, ..Default::default() };
        match node.ask(ApiKey::DescribeCluster, 1, &request) {
            ResponseBody::DescribeCluster(response) => (response.error_code, response.error_message),
            other => panic!("{other:?}"),
        }
    };
    let (error, message) = ask(2);
    assert_eq!(error, ErrorCode::MismatchedEndpointType.number());
    assert_eq!(
        message.unwrap(),
        "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"
    );
    assert_eq!(ask(9).0, ErrorCode::UnsupportedEndpointType.number());
    node.stop();
}

#[test]
fn the_quorum_is_described() {
    let node = Node::start();
    for version in node.versions(ApiKey::DescribeQuorum) {
        let request = |topic_name: &str| DescribeQuorumRequest {
            topics: vec![RequestTopicData {
                topic_name: KafkaString::from(topic_name),
                partitions: vec![RequestPartitionData::default()],
                ..Default::default()
            }],
            ..Default::default()
        };
        let ask = |name| match node.ask(ApiKey::DescribeQuorum, version, &request(name)) {
            ResponseBody::DescribeQuorum(response) => response,
            other => panic!("{other:?}"),
        };
        let response = ask("__cluster_metadata");
        let partition = &response.topics[0].partitions[0];
        assert_eq!((partition.leader_id, partition.leader_epoch), (1, 1));
        let end = node.running.cache.image().provenance.offset.0 + 1;
        assert_eq!((partition.high_watermark, partition.current_voters[0].log_end_offset), (end, end));
        assert_eq!(response.nodes.len(), usize::from(version >= 2));
        let unknown = ask("other");
        let error = unknown.topics[0].partitions[0].error_code;
        assert_eq!(error, ErrorCode::UnknownTopicOrPartition.number());
    }
    node.stop();
}

#[test]
fn partitions_are_described_page_by_page() {
    let node = Node::start();
    for name in ["a", "b", "c"] {
        node.create(name);
    }
    let ask = |topics: &[&str], limit, cursor: Option<(&str, i32)>| -> DescribeTopicPartitionsResponse {
        let request = DescribeTopicPartitionsRequest {
            topics: topics
                .iter()
                .map(|name| TopicRequest { name: KafkaString::from(*name), ..Default::default() })
                .collect(),
            response_partition_limit: limit,
            cursor: cursor.map(|(name, partition_index)| RequestCursor {
                topic_name: KafkaString::from(name),
                partition_index,
                ..Default::default()
            }),
            ..Default::default()
        };
        match node.ask(ApiKey::DescribeTopicPartitions, 0, &request) {
            ResponseBody::DescribeTopicPartitions(response) => response,
            other => panic!("{other:?}"),
        }
    };
    let shown = |response: &DescribeTopicPartitionsResponse| -> Vec<String> {
        let topics = response.topics.iter();
        topics.map(|topic| format!("{}:{}", topic.name.as_ref().unwrap(), topic.partitions.len())).collect()
    };
    let cursor = |response: &DescribeTopicPartitionsResponse| {
        let cursor = response.next_cursor.as_ref()?;
        Some((cursor.topic_name.to_string(), cursor.partition_index))
    };
    let all = ask(&[], 2000, None);
    assert_eq!((shown(&all), cursor(&all)), (vec!["a:2".into(), "b:2".into(), "c:2".into()], None));
    let first = ask(&[], 3, None);
    assert_eq!((shown(&first), cursor(&first)), (vec!["a:2".into(), "b:1".into()], Some(("b".into(), 1))));
    let rest = ask(&[], 2, Some(("b", 1)));
    assert_eq!((shown(&rest), cursor(&rest)), (vec!["b:1".into(), "c:1".into()], Some(("c".into(), 1))));
    let full = ask(&[], 2, None);
    assert_eq!((shown(&full), cursor(&full)), (vec!["a:2".into()], Some(("b".into(), 0))));
    let some = ask(&["c", "nope"], 2000, None);
    assert_eq!(shown(&some), ["c:2", "nope:0"]);
    assert_eq!(some.topics[1].error_code, ErrorCode::UnknownTopicOrPartition.number());
    let invalid = ErrorCode::InvalidRequest.number();
    assert_eq!(ask(&["a"], 1, Some(("b", 0))).topics[0].error_code, invalid);
    assert_eq!(ask(&["a"], 1, Some(("a", -1))).topics[0].error_code, invalid);
    node.stop();
}

#[test]
fn producer_ids_are_handed_out_once() {
    let node = Node::start();
    let mut ids = Vec::new();
    for version in node.versions(ApiKey::InitProducerId).cycle().take(1500) {
        let request = InitProducerIdRequest { transactional_id: None, ..Default::default() };
        let ResponseBody::InitProducerId(response) = node.ask(ApiKey::InitProducerId, version, &request)
        else {
            panic!()
        };
        assert_eq!((response.error_code, response.producer_epoch), (0, 0));
        ids.push(response.producer_id);
    }
    assert_eq!(ids, (0..1500).collect::<Vec<i64>>());
    let refused = |request: InitProducerIdRequest| match node.ask(ApiKey::InitProducerId, 4, &request) {
        ResponseBody::InitProducerId(response) => response.error_code,
        other => panic!("{other:?}"),
    };
    let transactional_id = Some(KafkaString::from("t"));
    let request = InitProducerIdRequest { transactional_id, ..Default::default() };
    assert_eq!(refused(request), ErrorCode::NotCoordinator.number());
    let request = InitProducerIdRequest { transactional_id: None, producer_id: 5, ..Default::default() };
    assert_eq!(refused(request), ErrorCode::InvalidRequest.number());
    node.stop();
}

#[test]
fn other_requests_reach_the_controller_in_every_version() {
    let node = Node::start();
    node.create("a");
    for version in node.versions(ApiKey::ElectLeaders) {
        let request = ElectLeadersRequest { topic_partitions: None, ..Default::default() };
        let ResponseBody::ElectLeaders(response) = node.ask(ApiKey::ElectLeaders, version, &request) else {
            panic!()
        };
        assert_eq!(response.error_code, 0);
    }
    for version in node.versions(ApiKey::UpdateFeatures) {
        let request = UpdateFeaturesRequest::default();
        assert!(matches!(
            node.ask(ApiKey::UpdateFeatures, version, &request),
            ResponseBody::UpdateFeatures(_)
        ));
    }
    let request = ListPartitionReassignmentsRequest::default();
    let ResponseBody::ListPartitionReassignments(response) =
        node.ask(ApiKey::ListPartitionReassignments, 0, &request)
    else {
        panic!()
    };
    assert_eq!((response.error_code, response.topics.len()), (0, 0));
    node.stop();
}

#[test]
fn without_a_controller_clients_are_told_to_try_again() {
    let node = Node::start();
    node.create("a");
    let Node { rig, running, runtime } = node;
    running.stop();
    let ask = |key, version, request: &MetadataRequest| runtime.block_on(rig.ask(key, version, request));
    let topics = Some(vec![named("a")]);
    let ResponseBody::Metadata(response) =
        ask(ApiKey::Metadata, 9, &MetadataRequest { topics, ..Default::default() })
    else {
        panic!()
    };
    assert_eq!(response.topics[0].name.as_deref(), Some("a"));
    let ResponseBody::CreateTopics(response) =
        runtime.block_on(rig.ask(ApiKey::CreateTopics, 7, &create_topics("b")))
    else {
        panic!()
    };
    assert_eq!(response.topics[0].error_code, ErrorCode::NotController.number());
}
