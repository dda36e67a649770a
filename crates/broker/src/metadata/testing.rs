//! What tests of the metadata share: a node's directories on a simulated disk.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ottla_config::{ServerConfig, Written};
use ottla_controller::image::MetadataDelta;
use ottla_io::Disk;
use ottla_io::sim::{SimClock, SimDisk};
use ottla_record::Timestamp;
use ottla_wire::api::create_topics::{CreatableTopic, CreateTopicsRequest};
use ottla_wire::{KafkaString, Uuid};

use super::thread::{
    ControllerHandle, LoadedDirectories, Metadata, MetadataJoin, MetadataOptions, MetadataPublisher,
    StartMetadataError,
};
use crate::storage::{Formatter, InitialControllers, NodeStorage};

pub(crate) const DIR: &str = "/data/one";
const NOW_MS: i64 = 1_764_000_000_000;

/// A node's metadata on a simulated disk.
pub(crate) struct Rig {
    pub(crate) disk: SimDisk,
    pub(crate) clock: SimClock,
    pub(crate) written: Written,
    drawn: Arc<AtomicU64>,
}

/// A started node, without anything but its metadata.
pub(crate) struct Running {
    pub(crate) handle: ControllerHandle,
    pub(crate) cache: Arc<super::cache::MetadataCache>,
    pub(crate) config: Arc<super::config::DynamicConfig>,
    join: MetadataJoin,
}

impl Rig {
    /// A formatted directory and a configuration that keeps the log still when nobody asks anything.
    pub(crate) fn new(more: &str) -> Self {
        let rig = Self::unformatted(more);
        rig.format();
        rig
    }

    pub(crate) fn unformatted(more: &str) -> Self {
        let quorum = if more.contains("controller.quorum.voters") {
            ""
        } else {
            "controller.quorum.bootstrap.servers=localhost:9093"
        };
        let text = format!(
            "process.roles=broker,controller\nnode.id=1\nlisteners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
             controller.listener.names=CONTROLLER\nlog.dirs={DIR}\nmetadata.max.idle.interval.ms=0\n\
             {quorum}\n{more}\n"
        );
        let clock = SimClock::new(NOW_MS);
        let disk = SimDisk::new(1, &clock);
        let written = Written::from_file("server.properties", text.as_bytes()).expect("properties");
        Self { disk, clock, written, drawn: Arc::default() }
    }

    /// The same node on what another disk holds.
    pub(crate) fn on(&self, disk: SimDisk) -> Self {
        let (clock, written, drawn) = (self.clock.clone(), self.written.clone(), Arc::clone(&self.drawn));
        Self { disk, clock, written, drawn }
    }

    pub(crate) fn config(&self) -> ServerConfig {
        ServerConfig::from_written(&self.written).expect("a valid configuration")
    }

    fn random(&self) -> impl Fn() -> [u8; 16] + Send + Sync + 'static {
        let drawn = Arc::clone(&self.drawn);
        move || {
            let number = u128::from(drawn.fetch_add(1, Ordering::Relaxed) + 1);
            (number << 64 | number).to_be_bytes()
        }
    }

    pub(crate) fn format(&self) {
        let config = self.config();
        let mut random = self.random();
        let mut formatter = Formatter::for_config(&config, "AAAAAAAAAAAAAAAAAAAAAQ").expect("formatter");
        if config.quorum_voters.is_empty() {
            let directory_id = Uuid::random(&mut random);
            let controllers = InitialControllers::standalone(&config, directory_id).expect("a controller");
            formatter.initial_controllers = Some(controllers);
        }
        formatter.run(&self.disk, Timestamp(NOW_MS), &mut random, &mut |_| ()).expect("format");
        self.disk.settle();
    }

    pub(crate) fn options(&self) -> MetadataOptions {
        let config = Arc::new(self.config());
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let storage = NodeStorage::open(&*disk, &config, Timestamp(NOW_MS), &mut self.random());
        MetadataOptions {
            written: self.written.clone(),
            broker_endpoints: config.listeners.advertised_broker.clone(),
            controller_endpoints: config.listeners.advertised_controller.clone(),
            config,
            storage: Arc::new(storage.expect("storage")),
            disk,
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(self.random()),
        }
    }

    pub(crate) fn open(&self) -> Result<Metadata, StartMetadataError> {
        Metadata::open(self.options())
    }

    pub(crate) fn start(&self) -> Result<Running, StartMetadataError> {
        self.start_with(Vec::new())
    }

    pub(crate) fn start_with(
        &self,
        publishers: Vec<Box<dyn MetadataPublisher>>,
    ) -> Result<Running, StartMetadataError> {
        let options = self.options();
        let directories = LoadedDirectories {
            online: options.storage.directories.values().copied().collect(),
            cordoned: Vec::new(),
            previous_broker_epoch: -1,
        };
        let metadata = Metadata::open(options)?;
        let (cache, config) = (metadata.cache(), metadata.config());
        let (handle, join) = metadata.start(directories, publishers)?;
        Ok(Running { handle, cache, config, join })
    }

    pub(crate) fn metadata_dir(&self) -> PathBuf {
        Path::new(DIR).join(super::METADATA_LOG_DIR_NAME)
    }
}

impl Running {
    /// Waits for an answer of the controller.
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(future)
    }

    /// Creates a topic; the error code.
    pub(crate) fn create(&self, name: &str) -> Result<i16, super::thread::ControllerUnavailable> {
        let response = self.wait(self.handle.create_topics(create_topics(name)))?;
        Ok(response.topics[0].error_code)
    }

    pub(crate) fn topic_names(&self) -> Vec<String> {
        self.cache.image().topics().iter().map(|topic| topic.name.to_string()).collect()
    }

    pub(crate) fn stop(self) {
        let _ = self.wait(self.handle.controlled_shutdown());
        self.join.stop();
    }

    /// Ends without a word, as after a failure.
    pub(crate) fn abandon(self) {
        self.join.stop();
    }
}

pub(crate) fn create_topics(name: &str) -> CreateTopicsRequest {
    let topic = CreatableTopic {
        name: KafkaString::from(name),
        num_partitions: 2,
        replication_factor: 1,
        ..CreatableTopic::default()
    };
    CreateTopicsRequest { topics: vec![topic], ..CreateTopicsRequest::default() }
}

/// Notes the topics of every image that it is told of.
#[derive(Clone, Default)]
pub(crate) struct Recorder {
    pub(crate) created: Arc<Mutex<Vec<String>>>,
}

impl MetadataPublisher for Recorder {
    fn apply(&mut self, delta: &MetadataDelta) {
        let names = delta.created_topics().map(|topic| topic.name.to_string());
        self.created.lock().expect("no panic").extend(names);
    }
}
