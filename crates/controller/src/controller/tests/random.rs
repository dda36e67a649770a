//! Long lists of random operations, after each of which all must agree.

use ottla_wire::api::alter_partition::{
    AlterPartitionRequest, BrokerState, RequestPartitionData, RequestTopicData,
};
use ottla_wire::api::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, ReassignablePartition, ReassignableTopic,
};
use ottla_wire::api::create_partitions::{CreatePartitionsRequest, CreatePartitionsTopic};
use ottla_wire::api::delete_topics::DeleteTopicsRequest;
use ottla_wire::api::elect_leaders::ElectLeadersRequest;
use ottla_wire::api::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use ottla_wire::api::unregister_broker::UnregisterBrokerRequest;
use ottla_wire::api::update_features::{FeatureUpdateKey, UpdateFeaturesRequest};
use ottla_wire::metadata::access_control_entry::AccessControlEntryRecord;
use ottla_wire::metadata::begin_transaction::BeginTransactionRecord;
use ottla_wire::metadata::client_quota::{ClientQuotaRecord, EntityData};
use ottla_wire::metadata::delegation_token::DelegationTokenRecord;
use ottla_wire::metadata::remove_access_control_entry::RemoveAccessControlEntryRecord;
use ottla_wire::metadata::user_scram_credential::UserScramCredentialRecord;

use super::*;
use crate::features::ELIGIBLE_LEADER_REPLICAS_VERSION;

const BROKERS: usize = 5;
const TOPICS: usize = 8;

struct Run {
    cluster: Cluster,
    random: Random,
    starts: [u64; BROKERS + 1],
}

impl Run {
    fn new(seed: u64) -> Self {
        let levels = [7, 12, 14, 20, 24, 30, 30, 30];
        let level = levels[seed as usize % levels.len()];
        let elr = i16::from(level >= 24 && seed.is_multiple_of(2));
        let levels = [(METADATA_VERSION, level), (ELIGIBLE_LEADER_REPLICAS_VERSION, elr)];
        let cluster = Cluster::new("min.insync.replicas=2\n", &levels);
        Self { cluster, random: Random::new(seed), starts: [1; BROKERS + 1] }
    }

    fn broker(&mut self) -> i32 {
        1 + self.random.below(BROKERS) as i32
    }

    fn topic_name(&mut self) -> String {
        format!("t{}", self.random.below(TOPICS))
    }

    /// A partition that exists, by its topic's name and its number.
    fn partition(&mut self) -> Option<(String, i32)> {
        let topics = self.cluster.image().topics();
        let all: Vec<(String, i32)> = topics
            .iter()
            .flat_map(|topic| topic.partitions.keys().map(|&id| (topic.name.to_string(), id)))
            .collect();
        if all.is_empty() { None } else { Some(all[self.random.below(all.len())].clone()) }
    }

    fn some_brokers(&mut self) -> Vec<i32> {
        let mut brokers: Vec<i32> = (1..=BROKERS as i32).collect();
        for index in (1..brokers.len()).rev() {
            brokers.swap(index, self.random.below(index + 1));
        }
        brokers.truncate(1 + self.random.below(3));
        brokers
    }

    fn step(&mut self) {
        match self.random.below(24) {
            0..=1 => self.register(),
            2..=8 => self.heartbeat(),
            9 => self.pass_time(),
            10 => self.create(),
            11 => self.delete(),
            12..=15 => self.alter_isr(),
            16..=17 => self.elect(),
            18..=19 => self.reassign(),
            20 => self.add_partitions(),
            21 => self.alter_configs(),
            22 => self.other_records(),
            _ => self.rarely(),
        }
    }

    fn register(&mut self) {
        let broker = self.broker();
        if self.random.one_in(2) {
            self.starts[broker as usize] += 1;
        }
        let mut request = registration(broker, self.starts[broker as usize]);
        if self.random.one_in(3) {
            request.log_dirs.push(Uuid::from_halves(2000, broker as u64));
        }
        if self.random.one_in(2) {
            request.previous_broker_epoch = self.cluster.caught_up(broker).broker_epoch;
        }
        self.cluster.register(&request);
    }

    fn heartbeat(&mut self) {
        let broker = self.broker();
        let mut request = self.cluster.caught_up(broker);
        request.want_fence = self.random.one_in(6);
        // A broker that has begun to stop never thinks better of it.
        let is_stopping =
            self.cluster.image().cluster().broker(broker).is_some_and(|broker| broker.in_controlled_shutdown);
        request.want_shut_down = is_stopping || self.random.one_in(8);
        if self.random.one_in(10) {
            request.offline_log_dirs = vec![Uuid::from_halves(2000, broker as u64)];
        }
        if self.random.one_in(10) {
            request.cordoned_log_dirs =
                Some(if self.random.one_in(2) { vec![directory(broker)] } else { Vec::new() });
        }
        self.cluster.heartbeat(&request);
    }

    fn pass_time(&mut self) {
        self.cluster.now = Timestamp(self.cluster.now.0 + self.random.below(12_000) as i64);
        let mut rounds = 0;
        while self.cluster.controller.poll_timeout().is_some_and(|due| due <= self.cluster.now) {
            let outcome = self.cluster.controller.handle_timeout(self.cluster.now);
            self.cluster.apply(outcome);
            rounds += 1;
            assert!(rounds <= BROKERS + 3, "what is due is done once");
        }
    }

    fn create(&mut self) {
        let name = self.topic_name();
        let asked = if self.random.one_in(2) {
            topic(&name, 1 + self.random.below(3) as i32, 1 + self.random.below(3) as i16)
        } else {
            let replicas = self.some_brokers();
            assigned(&name, &[&replicas])
        };
        self.cluster.create(vec![asked]);
    }

    fn delete(&mut self) {
        let topic_names = vec![self.topic_name().into()];
        let request = DeleteTopicsRequest { topic_names, ..DeleteTopicsRequest::default() };
        let outcome = self.cluster.controller.handle_delete_topics(self.cluster.now, &request, 5);
        self.cluster.apply(outcome);
    }

    fn alter_isr(&mut self) {
        let Some((name, index)) = self.partition() else { return };
        let partition = self.cluster.partition(&name, index).clone();
        let state = |&broker_id: &i32| BrokerState { broker_id, ..BrokerState::default() };
        let mut isr: Vec<i32> = partition.replicas.clone();
        isr.retain(|_| !self.random.one_in(3));
        let proposal = RequestPartitionData {
            partition_index: index,
            leader_epoch: partition.leader_epoch.0,
            new_isr_with_epochs: isr.iter().map(state).collect(),
            partition_epoch: partition.partition_epoch - i32::from(self.random.one_in(10)),
            leader_recovery_state: i8::from(self.random.one_in(5)),
            ..RequestPartitionData::default()
        };
        let request = AlterPartitionRequest {
            broker_id: partition.leader,
            broker_epoch: self.cluster.caught_up(partition.leader).broker_epoch,
            topics: vec![RequestTopicData {
                topic_id: self.cluster.image().topics().topic_id(&name).unwrap(),
                partitions: vec![proposal],
                ..RequestTopicData::default()
            }],
            ..AlterPartitionRequest::default()
        };
        let outcome = self.cluster.controller.handle_alter_partition(self.cluster.now, &request, 3);
        self.cluster.apply(outcome);
    }

    fn elect(&mut self) {
        let election_type = i8::from(self.random.one_in(3));
        let request = ElectLeadersRequest { election_type, topic_partitions: None, ..Default::default() };
        let outcome = self.cluster.controller.handle_elect_leaders(self.cluster.now, &request);
        self.cluster.apply(outcome);
    }

    fn reassign(&mut self) {
        let Some((name, partition_index)) = self.partition() else { return };
        let replicas = if self.random.one_in(3) { None } else { Some(self.some_brokers()) };
        let partition =
            ReassignablePartition { partition_index, replicas, ..ReassignablePartition::default() };
        let request = AlterPartitionReassignmentsRequest {
            topics: vec![ReassignableTopic {
                name: name.into(),
                partitions: vec![partition],
                ..ReassignableTopic::default()
            }],
            ..AlterPartitionReassignmentsRequest::default()
        };
        let controller = &mut self.cluster.controller;
        let outcome = controller.handle_alter_partition_reassignments(self.cluster.now, &request);
        self.cluster.apply(outcome);
    }

    fn add_partitions(&mut self) {
        let count = 1 + self.random.below(4) as i32;
        let topic = CreatePartitionsTopic {
            name: self.topic_name().into(),
            count,
            assignments: None,
            ..CreatePartitionsTopic::default()
        };
        let request = CreatePartitionsRequest { topics: vec![topic], ..Default::default() };
        let outcome = self.cluster.controller.handle_create_partitions(self.cluster.now, &request);
        self.cluster.apply(outcome);
    }

    fn alter_configs(&mut self) {
        let (resource_type, name) = match self.random.below(3) {
            0 => (2, self.topic_name()),
            1 => (4, self.broker().to_string()),
            _ => (4, String::new()),
        };
        let (key, value) = match self.random.below(3) {
            0 => ("min.insync.replicas", (1 + self.random.below(3)).to_string()),
            1 => ("unclean.leader.election.enable", self.random.one_in(2).to_string()),
            _ => ("retention.ms", "77".to_owned()),
        };
        let config = AlterableConfig {
            name: key.into(),
            config_operation: self.random.below(2) as i8,
            value: Some(value.into()),
            ..AlterableConfig::default()
        };
        let resource = AlterConfigsResource {
            resource_type,
            resource_name: name.into(),
            configs: vec![config],
            ..AlterConfigsResource::default()
        };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
        let controller = &mut self.cluster.controller;
        let outcome = controller.handle_incremental_alter_configs(self.cluster.now, &request, Via::Broker);
        self.cluster.apply(outcome);
    }

    /// Records that the controller keeps but does not make yet.
    fn other_records(&mut self) {
        let number = self.random.below(5);
        let acl = Uuid::from_halves(5, number as u64);
        let text = format!("n{number}");
        let version = self.cluster.image().features().metadata_version().unwrap();
        let record: MetadataRecord = match self.random.below(5) {
            0 if self.cluster.image().acls().entries.contains_key(&acl) => {
                RemoveAccessControlEntryRecord { id: acl, ..Default::default() }.into()
            }
            0 => AccessControlEntryRecord { id: acl, host: "*".into(), ..Default::default() }.into(),
            1 if version.has_scram() => UserScramCredentialRecord {
                name: text.as_str().into(),
                mechanism: 1,
                salt: bytes::Bytes::from(text),
                ..Default::default()
            }
            .into(),
            2 if version.has_delegation_tokens() => {
                DelegationTokenRecord { token_id: text.into(), ..Default::default() }.into()
            }
            _ => ClientQuotaRecord {
                entity: vec![EntityData {
                    entity_type: "user".into(),
                    entity_name: (number > 0).then(|| text.as_str().into()),
                    ..Default::default()
                }],
                key: "producer_byte_rate".into(),
                value: 7.0,
                remove: self.random.one_in(2),
                ..Default::default()
            }
            .into(),
        };
        self.cluster.replay(&record);
    }

    fn rarely(&mut self) {
        match self.random.below(6) {
            0 => {
                let request = UnregisterBrokerRequest { broker_id: self.broker(), ..Default::default() };
                let outcome = self.cluster.controller.handle_unregister_broker(self.cluster.now, &request);
                self.cluster.apply(outcome);
            }
            1 => self.update_features(),
            2 => self.fail_over(),
            3 => self.restart_from_snapshot(),
            _ => self.pass_time(),
        }
    }

    fn update_features(&mut self) {
        let (name, level) = match self.random.below(2) {
            0 => (METADATA_VERSION, 7 + self.random.below(24) as i16),
            _ => (ELIGIBLE_LEADER_REPLICAS_VERSION, 1),
        };
        let update = FeatureUpdateKey {
            feature: name.into(),
            max_version_level: level,
            upgrade_type: 1,
            ..FeatureUpdateKey::default()
        };
        let request = UpdateFeaturesRequest { feature_updates: vec![update], ..Default::default() };
        let outcome = self.cluster.controller.handle_update_features(self.cluster.now, &request, 2);
        self.cluster.apply(outcome);
    }

    /// Another controller takes over, perhaps within a transaction of this one.
    fn fail_over(&mut self) {
        let version = self.cluster.image().features().metadata_version().unwrap();
        let before = self.cluster.image().clone();
        let in_transaction = version.has_transactions() && self.random.one_in(2);
        if in_transaction {
            self.cluster.replay(&BeginTransactionRecord::default().into());
            (0..3).for_each(|_| self.create());
        }
        self.cluster.controller.deactivate();
        let outcome = self.cluster.controller.activate(self.cluster.now).unwrap();
        self.cluster.apply(outcome);
        if in_transaction {
            assert_eq!(at(before.provenance, self.cluster.image()), before);
        }
    }

    /// A controller that knows only the snapshot goes on.
    fn restart_from_snapshot(&mut self) {
        let image = self.cluster.image().clone();
        let version = image.features().metadata_version().unwrap();
        let records = image.records(version);
        let mut controller =
            Controller::new(options("min.insync.replicas=2\n", &[]), random_bytes(self.random.next()));
        controller
            .load_snapshot(image.provenance, records.iter().map(|record| &record.record))
            .expect("a snapshot that fits");
        assert_eq!(*controller.image(), image);
        let outcome = controller.activate(self.cluster.now).unwrap();
        assert!(outcome.records.is_empty());
        self.cluster.controller = controller;
    }

    fn check(&mut self) {
        self.cluster.controller.invariants();
        let Some(delta) = self.cluster.loader.publish() else { return };
        assert_eq!(*delta.image, *self.cluster.controller.image());
        for change in delta.changed_partitions() {
            let current = change.current;
            let is_active = |broker: &i32| delta.image.cluster().is_active(*broker);
            if current.has_leader() {
                assert!(is_active(&current.leader), "a leader is active: {current:?}");
            }
            for eligible in &current.elr {
                assert!(current.replicas.contains(eligible), "only replicas are eligible: {current:?}");
                assert!(!current.isr.contains(eligible), "none of them is in sync: {current:?}");
            }
            let Some(previous) = change.previous else { continue };
            assert!(previous.leader_epoch <= current.leader_epoch, "leader epochs never go back");
            assert!(previous.partition_epoch < current.partition_epoch, "partition epochs grow");
            if previous.leader != current.leader {
                assert!(previous.leader_epoch < current.leader_epoch, "a new leader has a new epoch");
            }
        }
    }

    fn check_snapshot(&self) {
        let image = self.cluster.image();
        let version = image.features().metadata_version().unwrap();
        let mut read = Vec::new();
        for VersionedRecord { record, version } in image.records(version) {
            let mut bytes = BytesMut::new();
            record.encode(version, &mut bytes).expect("a version that carries the record");
            read.push(MetadataRecord::decode(bytes.freeze()).unwrap().0);
        }
        let again = MetadataImage::of_snapshot(image.provenance, &read).expect("a snapshot that fits");
        assert_eq!(again, *image, "the snapshot holds everything");
    }
}

#[test]
fn any_operations_leave_all_in_agreement() {
    for seed in 0..16 {
        let mut run = Run::new(seed);
        for step in 0..1500 {
            run.step();
            run.check();
            if step % 50 == 0 {
                run.check_snapshot();
            }
        }
    }
}

/// Two runs of a seed write the same log, byte for byte.
#[test]
fn the_same_seed_comes_to_the_same() {
    let log = |seed| {
        let mut run = Run::new(seed);
        let mut log = Vec::new();
        for _ in 0..500 {
            run.step();
            log.extend(run.cluster.last.clone());
        }
        log
    };
    assert_eq!(log(5), log(5));
}
