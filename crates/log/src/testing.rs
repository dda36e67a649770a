//! What the tests of this crate share: a simulated disk with one partition directory, and batches.

use std::io::IoSlice;
use std::path::Path;
use std::sync::Arc;

use ottla_io::sim::{SimClock, SimDisk};
use ottla_io::{Disk, EntryKind, OpenMode};
use ottla_record::{
    BatchBuilder, BatchHeader, BatchSettings, Compressor, EndTxnMarker, LeaderEpoch, MarkerSettings,
    NewRecord, Offset, ProducerId, Timestamp, TransactionResult,
};
use proptest::test_runner::{Config as ProptestConfig, RngSeed};

use crate::leader_epoch::LeaderEpochCache;
use crate::paths::{FileKind, FileName, FileState};
use crate::producer_state::{ProducerStateConfig, ProducerStateManager};
use crate::segment::{AppendedBatch, CreateSegment, FoundSegment, Segment, SegmentConfig};

pub(crate) const DIR: &str = "/data/topic-0";
pub(crate) const NOW: Timestamp = Timestamp(1_000_000);

/// So many cases, the same ones every time.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// One partition directory on a simulated disk.
pub(crate) struct Rig {
    pub(crate) sim: SimDisk,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: Arc<Path>,
    pub(crate) config: SegmentConfig,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let sim = SimDisk::new(7, &SimClock::new(NOW.0));
        sim.create_dir_all(Path::new(DIR)).expect("create");
        Self::on(sim)
    }

    pub(crate) fn on(sim: SimDisk) -> Self {
        let config = SegmentConfig { index_interval_bytes: 0, index_bytes_max: 4096 };
        Self { disk: Arc::new(sim.clone()), sim, dir: Arc::from(Path::new(DIR)), config }
    }

    pub(crate) fn create(&self, base_offset: i64) -> Segment {
        let create = CreateSegment {
            base_offset: Offset(base_offset),
            state: FileState::Live,
            preallocate: None,
            now: NOW,
        };
        Segment::create(&self.disk, &self.dir, create, self.config).expect("create")
    }

    /// Takes up a segment as loading would, from the listing.
    pub(crate) fn open(&self, base_offset: i64) -> Segment {
        let listing = self.disk.list(&self.dir).expect("list");
        let find = |kind| {
            let name = FileName::live(Offset(base_offset), kind).to_string();
            listing.iter().find(|entry| entry.name == name)
        };
        let log = find(FileKind::Log).expect("a log file");
        let found = FoundSegment {
            base_offset: Offset(base_offset),
            state: FileState::Live,
            log_len: log.len,
            modified: Timestamp(log.modified_ms),
            has_transaction_index: find(FileKind::TransactionIndex).is_some(),
        };
        Segment::open(&self.disk, &self.dir, found, self.config, NOW)
    }

    pub(crate) fn producer_state(&self) -> ProducerStateManager {
        let config = ProducerStateConfig {
            producer_id_expiration_ms: 86_400_000,
            max_transaction_timeout_ms: 900_000,
        };
        let listing = self.disk.list(&self.dir).expect("list");
        ProducerStateManager::new(Arc::clone(&self.disk), Arc::clone(&self.dir), config, &listing)
    }

    pub(crate) fn leader_epochs(&self) -> LeaderEpochCache {
        LeaderEpochCache::open(Arc::clone(&self.disk), Arc::clone(&self.dir)).expect("readable")
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        self.disk.read(&self.dir.join(name), u64::MAX).expect("readable")
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let file = self.disk.open(&self.dir.join(name), OpenMode::Truncate).expect("open");
        file.write_all_at(bytes, 0).expect("write");
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let listing = self.disk.list(&self.dir).expect("list");
        listing.into_iter().filter(|entry| entry.kind == EntryKind::File).map(|entry| entry.name).collect()
    }
}

/// A batch of plain records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TestBatch {
    pub(crate) base_offset: i64,
    pub(crate) count: usize,
    pub(crate) timestamp: i64,
    pub(crate) epoch: i32,
    pub(crate) producer: Option<(i64, i16, i32)>,
    pub(crate) transactional: bool,
    pub(crate) value_len: usize,
}

impl TestBatch {
    pub(crate) fn at(base_offset: i64) -> Self {
        Self {
            base_offset,
            count: 1,
            timestamp: NOW.0,
            epoch: 0,
            producer: None,
            transactional: false,
            value_len: 10,
        }
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let (producer_id, producer_epoch, base_sequence) = self.producer.unwrap_or((-1, -1, -1));
        let mut builder = BatchBuilder::new(BatchSettings {
            base_offset: Offset(self.base_offset),
            partition_leader_epoch: LeaderEpoch(self.epoch),
            producer_id: ProducerId(producer_id),
            producer_epoch,
            base_sequence,
            is_transactional: self.transactional,
            ..BatchSettings::default()
        });
        let value = vec![b'v'; self.value_len];
        for n in 0..self.count {
            let timestamp = Timestamp(self.timestamp + n as i64);
            let record = NewRecord { timestamp, key: Some(b"k"), value: Some(&value), headers: &[] };
            builder.append(&record).expect("fits");
        }
        builder.build(&mut Compressor::new()).expect("builds")
    }
}

pub(crate) fn marker(offset: i64, producer: (i64, i16), result: TransactionResult) -> Vec<u8> {
    EndTxnMarker { result, coordinator_epoch: 0 }.to_batch(&MarkerSettings {
        offset: Offset(offset),
        timestamp: NOW,
        partition_leader_epoch: LeaderEpoch(0),
        producer_id: ProducerId(producer.0),
        producer_epoch: producer.1,
    })
}

/// Appends whole batches in one call.
pub(crate) fn append(segment: &mut Segment, batches: &[Vec<u8>]) {
    let infos: Vec<_> = batches.iter().map(|batch| AppendedBatch::of(&header(batch))).collect();
    let mut slices: Vec<_> = batches.iter().map(|batch| IoSlice::new(batch)).collect();
    segment.append(&mut slices, &infos, NOW).expect("append");
}

pub(crate) fn header(batch: &[u8]) -> BatchHeader {
    BatchHeader::parse(batch).expect("a batch")
}
