//! A node without sockets, on simulated disks, for tests.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ottla_config::{ServerConfig, Written};
use ottla_controller::image::{MetadataLoader, Provenance};
use ottla_coordinator::TransactionalProducer;
use ottla_io::Clock;
use ottla_io::sim::{SimClock, SimDisk};
use ottla_log::log::LeaderAppendOptions;
use ottla_log::manager::lock;
use ottla_log::producer_state::AppendOrigin;
use ottla_log::validate::ValidationScratch;
use ottla_record::{
    BatchBuilder, BatchHeader, BatchSettings, Compression, Compressor, LeaderEpoch, NewRecord, Offset,
    ProducerId, Timestamp,
};
use ottla_wire::api::{ApiKey, Listener, ResponseBody};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::partition::PartitionRecord;
use ottla_wire::metadata::register_broker::{BrokerEndpoint, RegisterBrokerRecord};
use ottla_wire::metadata::topic::TopicRecord;
use ottla_wire::{KafkaString, Message, Uuid};

use crate::api::{self, Connection, Piece, Reply, RequestContext, Started};
use crate::broker::Broker;
use crate::coordinator::group::{GroupCoordinatorOptions, GroupCoordinators};
use crate::coordinator::transaction::{
    MarkerWriter, Membership, TransactionCoordinatorOptions, TransactionCoordinators, TransactionErrands,
};
use crate::fetch_sessions::FetchSessions;
use crate::metadata::cache::MetadataCache;
use crate::metadata::config::DynamicConfig;
use crate::metadata::producer_ids::ProducerIds;
use crate::metadata::thread::ControllerHandle;
use crate::metrics::RequestMetrics;
use crate::partitions::{
    Append, Assignment, DirectoryLosses, DirectoryToOpen, OpenPartitions, Partition, Partitions,
    TopicSettings,
};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const NODE: i32 = 1;
pub(crate) const TOPIC: &str = "topic";
pub(crate) const TOPIC_ID: Uuid = Uuid::from_halves(1, 0x70);

const CONFIG: &str = "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
    listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
    controller.quorum.bootstrap.servers=localhost:9093\nlog.dirs=/data/a,/data/b\n";

pub(crate) fn directory_id(index: usize) -> Uuid {
    Uuid::from_halves(0xd1, index as u64 + 1)
}

/// A node without sockets.
pub(crate) struct Rig {
    pub(crate) disk: SimDisk,
    pub(crate) clock: SimClock,
    pub(crate) broker: Arc<Broker>,
    pub(crate) losses: DirectoryLosses,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with_config("")
    }

    pub(crate) fn with_config(more: &str) -> Self {
        let clock = SimClock::new(NOW.0);
        let disk = SimDisk::new(7, &clock);
        Self::on(disk, clock, more)
    }

    /// A node on a disk that may hold something already.
    pub(crate) fn on(disk: SimDisk, clock: SimClock, more: &str) -> Self {
        let file = format!("{CONFIG}{more}");
        let config = ServerConfig::from_properties("server.properties", file.as_bytes());
        let config = Arc::new(config.expect("a valid configuration"));
        let directory = |(index, path): (usize, &String)| DirectoryToOpen {
            path: PathBuf::from(path),
            id: directory_id(index),
        };
        let opened = Partitions::open(OpenPartitions {
            node_id: NODE,
            disk: Arc::new(disk.clone()),
            clock: Arc::new(clock.clone()),
            config: Arc::clone(&config),
            directories: config.log_dirs.iter().enumerate().map(directory).collect(),
            topics: BTreeMap::new(),
            progress: &|_| {},
        })
        .expect("opens");
        let written = Written::from_file("server.properties", file.as_bytes()).expect("properties");
        let groups = GroupCoordinators::start(GroupCoordinatorOptions {
            config: Arc::clone(&config),
            partitions: Arc::clone(&opened.partitions),
            clock: Arc::new(clock.clone()),
            random: Arc::new(|| [7; 16]),
        });
        let groups = groups.expect("threads");
        let metadata: Arc<MetadataCache> = Arc::default();
        let markers = Arc::new(MarkerWriter::new(
            Arc::clone(&opened.partitions),
            Arc::clone(&groups),
            Arc::new(clock.clone()),
            Duration::from_secs(30),
        ));
        let producer_ids = Arc::new(ProducerIds::default());
        let errands = TransactionErrands::new(
            NODE,
            Arc::clone(&metadata),
            Arc::clone(&markers),
            Arc::clone(&producer_ids),
        );
        errands.set_controller(ControllerHandle::detached());
        let transactions = TransactionCoordinators::start(TransactionCoordinatorOptions {
            config: Arc::clone(&config),
            partitions: Arc::clone(&opened.partitions),
            clock: Arc::new(clock.clone()),
            errands: Arc::new(errands),
        });
        let transactions = transactions.expect("a thread");
        let broker = Broker {
            groups,
            membership: Arc::clone(&transactions) as Arc<dyn Membership>,
            transactions,
            markers,
            dynamic_config: Arc::new(DynamicConfig::new(&written, Arc::clone(&config))),
            config,
            cluster_id: KafkaString::from_static("cluster"),
            metadata,
            controller: ControllerHandle::detached(),
            producer_ids,
            clock: Arc::new(clock.clone()) as Arc<dyn Clock>,
            partitions: opened.partitions,
            fetch_sessions: FetchSessions::new(1000),
            requests: RequestMetrics::new(),
        };
        Self { disk, clock, broker: Arc::new(broker), losses: opened.losses }
    }

    /// The node on what a loss of power leaves of its disk.
    pub(crate) fn restarted(self) -> Self {
        Self::on(self.disk.crash(3), self.clock, "")
    }

    pub(crate) fn partitions(&self) -> &Arc<Partitions> {
        &self.broker.partitions
    }

    /// Has a topic that this node leads, with the node's settings.
    pub(crate) fn create_topic(&self, partitions: usize) {
        self.create_topic_with(partitions, |_| {});
    }

    pub(crate) fn create_topic_with(&self, partitions: usize, change: impl FnOnce(&mut TopicSettings)) {
        let mut settings = TopicSettings::new(&self.broker.config.topic_defaults, &self.broker.config);
        change(&mut settings);
        let assignments = vec![assignment(0); partitions];
        self.partitions().set_topic(&KafkaString::from_static(TOPIC), TOPIC_ID, &settings, &assignments);
    }

    pub(crate) fn partition(&self, index: i32) -> Arc<Partition> {
        self.partitions().partition(TOPIC, index).expect("a partition")
    }

    /// Appends so many records, as a client would.
    pub(crate) fn append(&self, index: i32, records: usize) {
        self.append_batch(index, &batch(records));
    }

    pub(crate) fn append_batch(&self, index: i32, batch: &[u8]) {
        self.append_as(index, batch, AppendOrigin::Client);
    }

    pub(crate) fn append_as(&self, index: i32, batch: &[u8], origin: AppendOrigin) {
        let header = BatchHeader::parse(batch).expect("a batch");
        let producer = TransactionalProducer { id: header.producer_id, epoch: header.producer_epoch };
        let verification = match header.attributes.is_transactional() {
            true => self.partition(index).start_verification(producer, header.base_sequence, false, NOW),
            false => Ok(None),
        };
        let append =
            Append { verification: verification.expect("not fenced"), ..Append::as_client(origin, NOW) };
        let mut batch = batch.to_vec();
        let appended = self.partition(index).append(&mut batch, &append, &mut ValidationScratch::new());
        appended.expect("appended");
    }

    /// Appends the marker that ends a transaction.
    pub(crate) fn append_marker(&self, index: i32, mut marker: Vec<u8>) {
        let partition = self.partition(index);
        let mut log = lock(partition.log());
        let options = LeaderAppendOptions {
            leader_epoch: LeaderEpoch(0),
            origin: AppendOrigin::Coordinator,
            transaction_version: Some(1),
            now: NOW,
        };
        log.append_as_leader(&mut marker, &options, &mut ValidationScratch::new()).expect("appended");
        let end = log.log_end_offset_metadata();
        log.maybe_increment_high_watermark(end);
    }

    pub(crate) fn context(&self, api_key: ApiKey, api_version: i16) -> RequestContext {
        let endpoint = self.broker.config.listeners.broker_listeners().next().expect("a listener");
        RequestContext {
            api_key,
            api_version,
            correlation_id: 42,
            client_id: Some(KafkaString::from_static("test")),
            connection: Arc::new(Connection {
                endpoint: Arc::new(endpoint.clone()),
                listener: Listener::Broker,
                client_address: ([127, 0, 0, 1], 50_000).into(),
                software: OnceLock::new(),
            }),
        }
    }

    /// Starts a request, which may be answered at once or wait.
    pub(crate) fn start<M: Message>(&self, api_key: ApiKey, version: i16, request: &M) -> Started {
        let body = BytesMut::from(&request.to_bytes(version).expect("a valid request")[..]);
        api::start(&self.broker, self.context(api_key, version), body).expect("a well-formed request")
    }

    /// The answer to a request.
    pub(crate) async fn ask<M: Message>(&self, api_key: ApiKey, version: i16, request: &M) -> ResponseBody {
        match self.start(api_key, version, request) {
            Started::Done(reply) => decoded(reply, api_key, version),
            Started::Waiting(reply) | Started::Alone(reply) => decoded(reply.await, api_key, version),
        }
    }
}

/// The message in a reply.
pub(crate) fn decoded(reply: Reply, api_key: ApiKey, version: i16) -> ResponseBody {
    match reply {
        Reply::Message(body) => {
            let mut bytes = BytesMut::new();
            body.encode(version, &mut bytes).expect("an answer that fits its version");
            ResponseBody::decode(api_key, version, bytes.freeze()).expect("a well-formed answer")
        }
        Reply::Pieces(pieces) => {
            let bytes = concatenated(&pieces);
            let header = if api_key.response_header_version(version) > 0 { 5 } else { 4 };
            assert_eq!(bytes[..4], 42_i32.to_be_bytes());
            ResponseBody::decode(api_key, version, bytes.slice(header..)).expect("a well-formed answer")
        }
        other => panic!("no message: {other:?}"),
    }
}

/// All bytes of a reply's pieces.
pub(crate) fn concatenated(pieces: &[Piece]) -> Bytes {
    let mut bytes = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(piece) => bytes.extend_from_slice(piece),
            Piece::File(piece) => {
                let start = bytes.len();
                bytes.resize(start + piece.len, 0);
                piece
                    .file
                    .read_exact_at(&mut bytes[start..], piece.position)
                    .expect("the file is long enough");
            }
        }
    }
    bytes.into()
}

/// A partition that this node alone has.
pub(crate) fn assignment(leader_epoch: i32) -> Assignment {
    Assignment {
        replicas: vec![NODE],
        isr: vec![NODE],
        leader: NODE,
        leader_epoch: LeaderEpoch(leader_epoch),
        directory: None,
    }
}

/// A batch of some records, as a client sends it.
pub(crate) fn batch(records: usize) -> Bytes {
    batch_of(records, BatchSettings::default())
}

/// A batch of an idempotent producer.
pub(crate) fn idempotent_batch(records: usize, producer_epoch: i16, base_sequence: i32) -> Bytes {
    batch_of(
        records,
        BatchSettings {
            producer_id: ProducerId(9),
            producer_epoch,
            base_sequence,
            ..BatchSettings::default()
        },
    )
}

pub(crate) fn batch_of(records: usize, settings: BatchSettings) -> Bytes {
    batch_at(records, NOW, settings)
}

pub(crate) fn batch_at(records: usize, timestamp: Timestamp, settings: BatchSettings) -> Bytes {
    let mut builder = BatchBuilder::new(BatchSettings {
        base_offset: Offset(0),
        compression: Compression::NONE,
        ..settings
    });
    for _ in 0..records {
        let record = NewRecord { timestamp, key: None, value: Some(b"value"), headers: &[] };
        builder.append(&record).expect("fits");
    }
    builder.build(&mut Compressor::new()).expect("builds").into()
}

impl Rig {
    /// Has a topic whose only partition broker 2 leads, at `other:9192`.
    pub(crate) fn lead_elsewhere(&self) {
        let broker = RegisterBrokerRecord {
            broker_id: 2,
            broker_epoch: 1,
            end_points: vec![BrokerEndpoint {
                name: KafkaString::from_static("PLAINTEXT"),
                host: KafkaString::from_static("other"),
                port: 9192,
                security_protocol: 0,
                ..BrokerEndpoint::default()
            }],
            fenced: false,
            ..RegisterBrokerRecord::default()
        };
        let topic = TopicRecord {
            name: KafkaString::from_static(TOPIC),
            topic_id: TOPIC_ID,
            ..TopicRecord::default()
        };
        let partition = PartitionRecord {
            partition_id: 0,
            topic_id: TOPIC_ID,
            replicas: vec![2],
            isr: vec![2],
            leader: 2,
            leader_epoch: 5,
            ..PartitionRecord::default()
        };
        let mut loader = MetadataLoader::new();
        let records: [MetadataRecord; 3] = [broker.into(), topic.into(), partition.into()];
        for (offset, record) in (0..).map(Offset).zip(&records) {
            loader.replay(Provenance { offset, ..Provenance::NONE }, record).expect("fits");
        }
        let delta = loader.publish().expect("something new");
        self.partitions().apply(&delta);
        self.broker.metadata.publish(delta.image);
    }
}
