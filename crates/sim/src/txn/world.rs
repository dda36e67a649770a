//! Everything there is, and what happens next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ottla_io::sim::{CrashOptions, Dice, Growth, SimClock, SimDisk};
use ottla_io::{Clock as _, Disk as _};
use ottla_log::cleaner::{Cleaner, CleanerSettings};
use ottla_log::config::{CleanupPolicy, LogConfig};
use ottla_record::Timestamp;
use ottla_txn::{MarkersToWrite, Now, Token, TransactionCoordinator, TransactionVersion};
use ottla_wire::KafkaString;

use super::client::{Answer, Client};
use super::coordinator::{Asked, StateWaiter};
use super::leader::{DataWaiter, Late};
use super::partition::{Partition, PowerLost, dir};
use super::truth::{Fate, Seen, Truth};
use super::{Plant, TxnStats};

/// Partitions that transactions write to.
pub(super) const PARTITIONS: usize = 3;
pub(super) const TOPIC: KafkaString = KafkaString::from_static("data");
/// Transactional ids.
const IDS: usize = 4;
/// Producers that live at a time, zombies among them.
pub(super) const CLIENTS_MAX: usize = 9;
const STATE: &str = "__transaction_state-0";
const CLEANER: CleanerSettings = CleanerSettings {
    dedupe_buffer_bytes: 24 * 2000,
    load_factor: 0.9,
    io_buffer_bytes: 4096,
    hash_key: [1, 2],
};

/// Everything there is.
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) clock: SimClock,
    disk: SimDisk,
    state_config: Arc<LogConfig>,
    data_config: Arc<LogConfig>,
    cleaner: Cleaner,
    crash_options: CrashOptions,
    /// Whether things go wrong.
    pub(super) has_faults: bool,
    pub(super) plant: Option<Plant>,
    pub(super) version: TransactionVersion,
    pub(super) data: Vec<Partition<DataWaiter>>,
    pub(super) state: Partition<StateWaiter>,
    pub(super) coordinator: TransactionCoordinator,
    /// Coordinators there were, which is the epoch of the present one.
    pub(super) generation: i32,
    /// Markers on their way to the partitions, each with the coordinator that sent it.
    pub(super) markers: Vec<(i32, MarkersToWrite)>,
    /// Copies of requests that come late.
    pub(super) late: Vec<Late>,
    pub(super) asked: BTreeMap<Token, Asked>,
    pub(super) answers: VecDeque<(Token, Answer)>,
    pub(super) producer_ids_wanted: usize,
    pub(super) next_producer_id: i64,
    /// Transactional ids of which the log may know more than the coordinator does: a record is not known to be safe.
    pub(super) unsure: BTreeSet<KafkaString>,
    pub(super) clients: Vec<Client>,
    pub(super) truth: Truth,
    pub(super) stats: TxnStats,
    next_token: u64,
    trace: Option<Vec<String>>,
}

impl World {
    pub(super) fn new(seed: u64, plant: Option<Plant>, with_trace: bool) -> Self {
        let mut dice = Dice::new(seed);
        let clock = SimClock::new(1_700_000_000_000);
        let now = Timestamp(clock.now_ms());
        let disk = SimDisk::new(dice.roll(), &clock);
        let config = LogConfig {
            segment_bytes: *dice.pick(&[2_000, 20_000, 1 << 20]),
            index_interval_bytes: *dice.pick(&[0, 300, 4096]),
            producer_id_expiration_ms: i64::MAX / 4,
            message_timestamp_after_max_ms: i64::MAX,
            retention_ms: None,
            cleanup_policy: CleanupPolicy::COMPACT,
            delete_retention_ms: *dice.pick(&[0, 1_000, 100_000]),
            ..LogConfig::default()
        };
        let cleanup_policy = *dice.pick(&[CleanupPolicy::COMPACT, CleanupPolicy::DELETE]);
        let data_config = Arc::new(LogConfig { cleanup_policy, ..config });
        let state_config = Arc::new(config);
        for name in names() {
            disk.create_dir_all(&dir(&name)).unwrap_or_else(|error| panic!("{error}"));
        }
        disk.settle();
        let version = *dice.pick(&[TransactionVersion::V1, TransactionVersion::V2, TransactionVersion::V2]);
        let growth = *dice.pick(&[Growth::Zeros, Growth::Either, Growth::Garbage]);
        let mut world = Self {
            data: (0..PARTITIONS)
                .map(|index| Partition::open(&disk, &data_name(index), &data_config, now))
                .collect(),
            state: Partition::open(&disk, STATE, &state_config, now),
            coordinator: Self::coordinator(0, version),
            crash_options: CrashOptions { growth, ..CrashOptions::default() },
            dice,
            clock,
            disk,
            state_config,
            data_config,
            cleaner: Cleaner::new(&CLEANER),
            has_faults: true,
            plant,
            version,
            generation: 0,
            markers: Vec::new(),
            late: Vec::new(),
            asked: BTreeMap::new(),
            answers: VecDeque::new(),
            producer_ids_wanted: 0,
            next_producer_id: 1,
            unsure: BTreeSet::new(),
            clients: Vec::new(),
            truth: Truth::default(),
            stats: TxnStats::default(),
            next_token: 0,
            trace: with_trace.then(Vec::new),
        };
        world.note(|world| format!("transactions of {:?}", world.version));
        world.load().unwrap_or_else(|PowerLost| panic!("the power is on"));
        for number in 0..IDS {
            world.spawn(format!("id-{number}").into());
        }
        world
    }

    /// One thing happens. When the power goes meanwhile, the machine starts again.
    pub(super) fn step(&mut self) {
        self.clock.advance(Duration::from_millis(self.dice.below(20)));
        if self.dice.one_in(1500) {
            let changes = self.dice.below(20);
            self.disk.cut_power_after(changes);
            self.note(|_| format!("(the power will go after {changes} more changes)"));
        }
        let happened = match self.dice.below(1000) {
            0..2 => self.interrupt(),
            2..4 => self.fail_over(),
            4..8 => self.look(),
            8..12 => self.clean(),
            12..120 => self.flush_data(),
            120..300 => self.flush_state(),
            300..400 => self.deliver_markers(),
            400..430 => self.bring_producer_id(),
            430..450 => self.deliver_late(),
            450..470 => self.pass_some_time(),
            _ => {
                let client = self.dice.below(self.clients.len() as u64) as usize;
                self.act(client)
            }
        };
        let happened = happened.and_then(|()| self.deliver_answers());
        if let Err(PowerLost) = happened {
            self.lose_power();
        }
        self.coordinator.invariants();
    }

    /// Nothing goes wrong any more and nobody begins anything: every transaction must end.
    pub(super) fn end(&mut self) {
        self.has_faults = false;
        self.disk.restore_power();
        self.lose_power();
        self.late.clear();
        self.clients.clear();
        self.calm_down().unwrap_or_else(|PowerLost| panic!("the power is on"));
        for (index, partition) in self.data.iter().enumerate() {
            assert!(partition.hides_nothing(), "partition {index} has an open transaction for ever");
        }
        for (id, metadata) in self.coordinator.transactions() {
            assert!(metadata.state.is_idle(), "{id} is {:?} for ever", metadata.state);
        }
        self.truth.check_all();
        self.stats.records_read = self.truth.records_seen();
        self.stats.committed = self.truth.count(Fate::Committed);
        self.stats.aborted = self.truth.count(Fate::Aborted) + self.truth.count(Fate::Open);
        self.stats.unknown = self.truth.count(Fate::Unknown);
    }

    fn calm_down(&mut self) -> Result<(), PowerLost> {
        for _ in 0..30 {
            self.pass(10_000)?;
            while !self.markers.is_empty() {
                self.deliver_markers()?;
            }
            while self.producer_ids_wanted > 0 {
                self.bring_producer_id()?;
            }
            for _ in 0..3 {
                (0..PARTITIONS).try_for_each(|index| self.flush(index))?;
                self.flush_state()?;
            }
        }
        self.fail_over()?;
        self.look()
    }

    /// What happened, line by line.
    pub(super) fn into_trace(self) -> Vec<String> {
        self.trace.unwrap_or_default()
    }

    /// Adds what happened to the trace, if there is one.
    pub(super) fn note(&mut self, what: impl FnOnce(&Self) -> String) {
        if self.trace.is_some() {
            let told = what(self);
            self.trace.get_or_insert_default().push(told);
        }
    }

    pub(super) fn now(&self) -> Now {
        Timestamp(self.clock.now_ms()).into()
    }

    pub(super) fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    fn flush_data(&mut self) -> Result<(), PowerLost> {
        let first = self.dice.below(PARTITIONS as u64) as usize;
        (first..PARTITIONS).try_for_each(|index| self.flush(index))
    }

    fn pass_some_time(&mut self) -> Result<(), PowerLost> {
        let milliseconds = match self.dice.below(300) {
            // Long enough for transactional ids to expire, or for transactions to time out.
            0 => self.dice.between(100_000, 1_500_000),
            1..15 => self.dice.between(60_000, 90_000),
            15..30 => self.dice.between(5_000, 40_000),
            _ => self.dice.between(0, 300),
        };
        self.pass(milliseconds as i64)
    }

    /// Lets time pass, in steps to everything that is due.
    fn pass(&mut self, milliseconds: i64) -> Result<(), PowerLost> {
        let end = Timestamp(self.clock.now_ms() + milliseconds);
        while let Some(due) = self.coordinator.poll_timeout().filter(|due| *due <= end) {
            self.clock.set_now_ms(due.0.max(self.clock.now_ms()));
            let outcome = self.coordinator.handle_timeout(self.now());
            self.settle(outcome)?;
        }
        self.clock.set_now_ms(end.0);
        Ok(())
    }

    /// The cleaner comes by.
    fn clean(&mut self) -> Result<(), PowerLost> {
        self.note(|_| "clean".to_owned());
        self.stats.cleanings += 1;
        let now = self.now().time_of_day;
        self.state.clean(&mut self.cleaner, now)?;
        let index = self.dice.below(PARTITIONS as u64) as usize;
        self.data[index].clean(&mut self.cleaner, now)
    }

    /// A consumer reads everything that is committed.
    fn look(&mut self) -> Result<(), PowerLost> {
        for index in 0..PARTITIONS {
            let mut seen = Vec::new();
            self.data[index].for_each_committed(|record| seen.push(Seen::of(record)))?;
            self.truth.read(index, seen);
        }
        Ok(())
    }

    fn interrupt(&mut self) -> Result<(), PowerLost> {
        if self.dice.one_in(2) {
            return Err(PowerLost);
        }
        self.note(|_| "the process dies".to_owned());
        self.stats.kills += 1;
        self.disk.restore_power();
        self.disk = self.disk.kill();
        self.start()
    }

    fn lose_power(&mut self) {
        self.note(|_| "the power goes".to_owned());
        self.stats.power_losses += 1;
        let seed = self.dice.roll();
        self.disk = self.disk.crash_with(seed, &self.crash_options);
        self.start().unwrap_or_else(|PowerLost| panic!("the power is on"));
    }

    /// The machine starts: whatever was in memory is gone.
    fn start(&mut self) -> Result<(), PowerLost> {
        let now = Timestamp(self.clock.now_ms());
        for index in 0..PARTITIONS {
            self.data[index] = Partition::open(&self.disk, &data_name(index), &self.data_config, now);
        }
        self.state = Partition::open(&self.disk, STATE, &self.state_config, now);
        self.asked.clear();
        self.answers.clear();
        self.take_over()
    }
}

fn data_name(index: usize) -> String {
    format!("{TOPIC}-{index}")
}

fn names() -> impl Iterator<Item = String> {
    (0..PARTITIONS).map(data_name).chain([STATE.to_owned()])
}
