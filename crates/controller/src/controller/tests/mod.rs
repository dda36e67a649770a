//! The controller with a log of its own, as a shell would drive it.

mod activation;
mod brokers;
mod configs;
mod elections;
mod feature_levels;
mod partitions;
mod random;
mod topics;

use std::collections::BTreeMap;

use bytes::BytesMut;
use ottla_config::{Layers, ServerConfig, Written};
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::api::broker_heartbeat::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
use ottla_wire::api::broker_registration::{
    BrokerRegistrationRequest, BrokerRegistrationResponse, Feature, Listener,
};
use ottla_wire::api::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreateTopicsRequest, CreateTopicsResponse,
};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::feature_level::FeatureLevelRecord;
use ottla_wire::{ErrorCode, Uuid};

use super::{Controller, ControllerOptions, RandomBytes, Via};
use crate::features::{
    self, ELIGIBLE_LEADER_REPLICAS_VERSION, METADATA_VERSION, MetadataVersion, VersionRange,
};
use crate::image::{MetadataImage, MetadataLoader, PartitionRegistration, Provenance};
use crate::outcome::{Outcome, VersionedRecord};

const NODE: &str = "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
                    listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
                    controller.quorum.voters=1@localhost:9093\n";

/// A source of numbers that is the same each time.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    /// Steele and Vigna's SplitMix64.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

fn random_bytes(seed: u64) -> RandomBytes {
    let mut random = Random::new(seed);
    Box::new(move || {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&random.next().to_be_bytes());
        bytes[8..].copy_from_slice(&random.next().to_be_bytes());
        bytes
    })
}

/// A controller, its log and a node that follows it.
pub(super) struct Cluster {
    pub(super) controller: Controller,
    pub(super) loader: MetadataLoader,
    pub(super) now: Timestamp,
    pub(super) next_offset: Offset,
    pub(super) last: Vec<VersionedRecord>,
}

pub(super) fn options(config: &str, levels: &[(&str, i16)]) -> ControllerOptions {
    let text = format!("{NODE}{config}");
    let written = Written::from_file("server.properties", text.as_bytes()).unwrap();
    let level = |&(name, feature_level): &(&str, i16)| {
        let record = FeatureLevelRecord { name: name.into(), feature_level, ..FeatureLevelRecord::default() };
        VersionedRecord::new(record, 0)
    };
    let mut supported_features = features::supported_features();
    if let Some(metadata) = supported_features.get_mut(METADATA_VERSION) {
        metadata.max = MetadataVersion::LATEST_TESTING.level();
    }
    ControllerOptions {
        node_id: 1,
        cluster_id: "cluster".to_owned(),
        supported_features,
        quorum_node_ids: vec![1],
        kraft_version: 0,
        config: ServerConfig::from_written(&written).unwrap(),
        layers: Layers::new(&written),
        bootstrap: levels.iter().map(level).collect(),
    }
}

impl Cluster {
    /// An active controller of a new cluster without brokers.
    pub(super) fn new(config: &str, levels: &[(&str, i16)]) -> Self {
        let controller = Controller::new(options(config, levels), random_bytes(7));
        let mut cluster = Self {
            controller,
            loader: MetadataLoader::new(),
            now: Timestamp(1000),
            next_offset: Offset(0),
            last: Vec::new(),
        };
        let outcome = cluster.controller.activate(cluster.now).unwrap();
        cluster.apply(outcome);
        cluster
    }

    /// With brokers 1 to `brokers`, all serving, at the level of 4.3 without eligible leader replicas.
    pub(super) fn with_brokers(brokers: i32) -> Self {
        let mut cluster = Self::new("", &[(METADATA_VERSION, 30)]);
        cluster.start_brokers(brokers);
        cluster
    }

    /// The same with eligible leader replicas.
    pub(super) fn with_elr(brokers: i32) -> Self {
        let levels = [(METADATA_VERSION, 30), (ELIGIBLE_LEADER_REPLICAS_VERSION, 1)];
        let mut cluster = Self::new("min.insync.replicas=2\n", &levels);
        cluster.start_brokers(brokers);
        cluster
    }

    fn start_brokers(&mut self, brokers: i32) {
        for broker in 1..=brokers {
            assert_eq!(self.register(&registration(broker, 1)).error_code, 0);
            assert!(!self.unfence(broker).is_fenced);
        }
    }

    /// Appends the records of an outcome and replays them, as they are read back.
    pub(super) fn apply<R>(&mut self, outcome: Outcome<R>) -> R {
        for VersionedRecord { record, version } in &outcome.records {
            let mut bytes = BytesMut::new();
            record.encode(*version, &mut bytes).expect("a version that carries the record");
            let (read, read_version) = MetadataRecord::decode(bytes.freeze()).unwrap();
            assert_eq!((&read, read_version), (record, *version), "read back as it was written");
            self.replay(&read);
        }
        self.last = outcome.records;
        outcome.response
    }

    /// Replays a record that is in the log now.
    pub(super) fn replay(&mut self, record: &MetadataRecord) {
        let provenance = Provenance { offset: self.next_offset, epoch: LeaderEpoch(1), timestamp: self.now };
        self.controller.replay(provenance, record).expect("a record that fits");
        self.loader.replay(provenance, record).expect("a record that fits");
        self.next_offset += 1;
    }

    pub(super) fn image(&self) -> &MetadataImage {
        self.controller.image()
    }

    pub(super) fn register(&mut self, request: &BrokerRegistrationRequest) -> BrokerRegistrationResponse {
        let outcome = self.controller.handle_broker_registration(self.now, request, 4, self.next_offset);
        self.apply(outcome)
    }

    pub(super) fn heartbeat(&mut self, request: &BrokerHeartbeatRequest) -> BrokerHeartbeatResponse {
        let outcome = self.controller.handle_broker_heartbeat(self.now, request, self.next_offset);
        self.apply(outcome)
    }

    /// A heartbeat of a broker that has replayed all and wants to serve.
    pub(super) fn caught_up(&self, broker: i32) -> BrokerHeartbeatRequest {
        BrokerHeartbeatRequest {
            broker_id: broker,
            broker_epoch: self.image().cluster().broker(broker).map_or(-1, |broker| broker.epoch),
            current_metadata_offset: self.next_offset.0 - 1,
            ..BrokerHeartbeatRequest::default()
        }
    }

    pub(super) fn unfence(&mut self, broker: i32) -> BrokerHeartbeatResponse {
        self.heartbeat(&self.caught_up(broker))
    }

    pub(super) fn fence(&mut self, broker: i32) -> BrokerHeartbeatResponse {
        let request = BrokerHeartbeatRequest { want_fence: true, ..self.caught_up(broker) };
        self.heartbeat(&request)
    }

    pub(super) fn create(&mut self, topics: Vec<CreatableTopic>) -> CreateTopicsResponse {
        let request = CreateTopicsRequest { topics, ..CreateTopicsRequest::default() };
        let outcome = self.controller.handle_create_topics(self.now, &request, Via::Broker);
        self.apply(outcome)
    }

    /// Creates a topic whose partitions have these replicas.
    pub(super) fn create_assigned(&mut self, name: &str, replicas: &[&[i32]]) -> Uuid {
        let response = self.create(vec![assigned(name, replicas)]);
        let topic = &response.topics[0];
        assert_eq!((topic.error_code, topic.error_message.as_deref()), (0, None));
        topic.topic_id
    }

    pub(super) fn partition(&self, topic: &str, partition: i32) -> &PartitionRegistration {
        &self.image().topics().topic_by_name(topic).unwrap().partitions[&partition]
    }

    /// Leader, ISR and ELR of a partition.
    pub(super) fn state(&self, topic: &str, partition: i32) -> (i32, Vec<i32>, Vec<i32>) {
        let partition = self.partition(topic, partition);
        (partition.leader, partition.isr.clone(), partition.elr.clone())
    }
}

pub(super) fn assigned(name: &str, replicas: &[&[i32]]) -> CreatableTopic {
    let assignment = |(partition_index, replicas): (i32, &&[i32])| CreatableReplicaAssignment {
        partition_index,
        broker_ids: replicas.to_vec(),
        ..CreatableReplicaAssignment::default()
    };
    CreatableTopic {
        name: name.into(),
        num_partitions: -1,
        replication_factor: -1,
        assignments: (0..).zip(replicas).map(assignment).collect(),
        ..CreatableTopic::default()
    }
}

pub(super) fn topic(name: &str, num_partitions: i32, replication_factor: i16) -> CreatableTopic {
    CreatableTopic { name: name.into(), num_partitions, replication_factor, ..CreatableTopic::default() }
}

/// An image as if it had been replayed up to somewhere else.
pub(super) fn at(provenance: Provenance, image: &MetadataImage) -> MetadataImage {
    let mut image = image.clone();
    image.provenance = provenance;
    image
}

/// Id of the only directory of a broker.
pub(super) fn directory(broker: i32) -> Uuid {
    Uuid::from_halves(1000, broker as u64)
}

/// What a broker of 4.3 registers with at its start of this number.
pub(super) fn registration(broker: i32, start: u64) -> BrokerRegistrationRequest {
    let feature = |(name, range): (&String, &VersionRange)| Feature {
        name: name.as_str().into(),
        min_supported_version: range.min,
        max_supported_version: range.max,
        ..Feature::default()
    };
    let supported: BTreeMap<_, _> = options("", &[]).supported_features;
    BrokerRegistrationRequest {
        broker_id: broker,
        cluster_id: "cluster".into(),
        incarnation_id: Uuid::from_halves(broker as u64, start),
        listeners: vec![Listener {
            name: "PLAINTEXT".into(),
            host: "localhost".into(),
            port: 9092,
            ..Listener::default()
        }],
        features: supported.iter().map(feature).collect(),
        log_dirs: vec![directory(broker)],
        ..BrokerRegistrationRequest::default()
    }
}

#[track_caller]
pub(super) fn assert_code(number: i16, code: ErrorCode) {
    assert_eq!(ErrorCode::from(number), code);
}
