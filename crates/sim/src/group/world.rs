//! A coordinator, its log, its clients and the time.

use std::collections::{BTreeMap, VecDeque};

use ottla_group::{GroupCoordinator, GroupCoordinatorConfig, Outcome, Reply, Response, Token, WriteId};
use ottla_io::sim::Dice;
use ottla_record::Timestamp;
use ottla_wire::{ErrorCode, KafkaString};

use super::GroupStats;
use super::client::Client;
use super::log::{Log, OffsetKey};

/// Groups that clients join. Those of an even number have no static members.
pub(super) const GROUPS: u64 = 6;
const CLIENTS: u64 = 24;
const ERRORS: [ErrorCode; 4] = [
    ErrorCode::NotEnoughReplicas,
    ErrorCode::RequestTimedOut,
    ErrorCode::NotLeaderOrFollower,
    ErrorCode::MessageTooLarge,
];

/// A request that is not answered yet.
#[derive(Debug)]
pub(super) enum Asked {
    Join(usize),
    Sync(usize),
    Heartbeat(usize),
    Leave,
    Commit {
        key: OffsetKey,
        offset: i64,
    },
    /// The offset that the log told when the request came, or that a transaction has yet to decide on it.
    Fetch {
        offset: i64,
        is_unstable: bool,
    },
    CommitInTransaction {
        key: OffsetKey,
        offset: i64,
    },
    EndTransaction,
    Admin,
}

/// Everything there is.
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) now: Timestamp,
    pub(super) coordinator: GroupCoordinator,
    pub(super) log: Log,
    pub(super) clients: Vec<Client>,
    pub(super) asked: BTreeMap<Token, Asked>,
    pub(super) stats: GroupStats,
    /// Offsets are committed in this order, whoever commits them.
    pub(super) next_offset: i64,
    /// The last generation that members of a group were told of, and its leader.
    pub(super) leaders: BTreeMap<KafkaString, (i32, KafkaString)>,
    /// Writes that are not safe yet.
    uncommitted: VecDeque<WriteId>,
    /// Replies that no client has read yet.
    replies: VecDeque<Reply>,
    next_token: u64,
}

pub(super) fn config() -> GroupCoordinatorConfig {
    GroupCoordinatorConfig {
        group_min_session_timeout_ms: 1_000,
        group_max_session_timeout_ms: 60_000,
        group_max_size: 5,
        group_initial_rebalance_delay_ms: 3_000,
        new_member_join_timeout_ms: 20_000,
        offset_metadata_max_bytes: 8,
        offsets_retention_ms: 3_600_000,
        offsets_retention_check_interval_ms: 600_000,
    }
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let clients = (0..CLIENTS).map(|number| Client::draw(number, &mut dice)).collect();
        let mut world = Self {
            dice,
            now: Timestamp(1_000_000),
            coordinator: GroupCoordinator::new(config()),
            log: Log::default(),
            clients,
            asked: BTreeMap::new(),
            stats: GroupStats::default(),
            next_offset: 0,
            leaders: BTreeMap::new(),
            uncommitted: VecDeque::new(),
            replies: VecDeque::new(),
            next_token: 0,
        };
        let loaded = world.coordinator.on_loaded(world.now.into());
        world.settle(loaded);
        world
    }

    /// One thing happens.
    pub(super) fn step(&mut self) {
        match self.dice.below(1000) {
            0 => self.reload(),
            1..30 => self.administrate(),
            30..50 => self.produce(),
            50..170 => self.commit_one(),
            170..410 => self.pass_some_time(),
            _ => {
                let client = self.dice.below(CLIENTS) as usize;
                self.act(client);
            }
        }
        self.deliver();
        self.coordinator.invariants();
        // A group that is deleted begins anew, with the first generation.
        self.leaders.retain(|group, _| self.coordinator.group(group).is_some());
    }

    /// The coordinator gives up its partition: nobody may be left waiting.
    pub(super) fn end(&mut self) {
        self.reload();
        self.deliver();
        self.coordinator.invariants();
    }

    pub(super) fn ask(&mut self, asked: Asked) -> Token {
        self.next_token += 1;
        self.stats.requests += 1;
        let token = Token(self.next_token);
        self.asked.insert(token, asked);
        token
    }

    /// Does what an outcome asks for.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        self.replies.extend(outcome.replies);
        for write in outcome.writes {
            let id = write.id;
            if self.dice.one_in(60) {
                self.stats.failed_writes += 1;
                let error = *self.dice.pick(&ERRORS);
                let failed = self.coordinator.failed(self.now.into(), id, error);
                self.settle(failed);
                continue;
            }
            self.stats.records += write.records.len() as u64;
            self.stats.tombstones +=
                write.records.iter().filter(|record| record.value.is_none()).count() as u64;
            let base_offset = self.log.append(&write);
            self.coordinator.written(self.now.into(), write, base_offset);
            self.uncommitted.push_back(id);
        }
    }

    /// The oldest write is safe.
    fn commit_one(&mut self) {
        if let Some(id) = self.uncommitted.pop_front() {
            let outcome = self.coordinator.committed(self.now.into(), id);
            self.settle(outcome);
        }
    }

    fn pass_some_time(&mut self) {
        let milliseconds = match self.dice.below(400) {
            0 => self.dice.between(100_000, 4_000_000),
            1..20 => self.dice.between(1_000, 10_000),
            _ => self.dice.between(0, 200),
        };
        let end = Timestamp(self.now.0 + milliseconds as i64);
        while let Some(due) = self.coordinator.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            let outcome = self.coordinator.handle_timeout(self.now.into());
            self.settle(outcome);
            self.deliver();
            self.coordinator.invariants();
        }
        self.now = end;
    }

    /// Clients read their answers.
    fn deliver(&mut self) {
        while let Some(reply) = self.replies.pop_front() {
            let asked = self.asked.remove(&reply.token);
            let asked = asked.unwrap_or_else(|| panic!("{reply:?} answers nothing"));
            match (asked, reply.response) {
                (Asked::Join(client), Response::JoinGroup(response)) => {
                    self.joined(client, reply.token, response)
                }
                (Asked::Sync(client), Response::SyncGroup(response)) => {
                    self.synced(client, reply.token, &response)
                }
                (Asked::Heartbeat(client), Response::Heartbeat(response)) => {
                    self.heard(client, response.error_code.into());
                }
                (Asked::Commit { key, offset }, Response::OffsetCommit(response)) => {
                    self.acknowledged(&key, offset, response.topics[0].partitions[0].error_code.into());
                }
                (Asked::Fetch { offset, is_unstable }, Response::OffsetFetch(response))
                    if response.error_code == 0 =>
                {
                    let partition = &response.topics[0].partitions[0];
                    let told = (partition.committed_offset, partition.error_code.into());
                    let expected = match is_unstable {
                        true => (-1, ErrorCode::UnstableOffsetCommit),
                        false => (offset, ErrorCode::None),
                    };
                    assert_eq!(told, expected, "what is fetched is what the log tells");
                }
                (Asked::CommitInTransaction { key, offset }, Response::TxnOffsetCommit(response)) => {
                    let error = response.topics[0].partitions[0].error_code.into();
                    self.stats.transactional_commits += u64::from(error == ErrorCode::None);
                    self.is_written(&key, offset, error);
                }
                (Asked::EndTransaction, Response::EndTransaction(error)) => {
                    self.stats.ended_transactions += u64::from(error == ErrorCode::None);
                }
                (Asked::Fetch { .. }, Response::OffsetFetch(_)) | (Asked::Leave, Response::LeaveGroup(_)) => {
                }
                (
                    Asked::Admin,
                    Response::ListGroups(_)
                    | Response::DescribeGroups(_)
                    | Response::DeleteGroups(_)
                    | Response::OffsetDelete(_),
                ) => {}
                (asked, response) => panic!("{response:?} is no answer to {asked:?}"),
            }
        }
    }

    fn acknowledged(&mut self, key: &OffsetKey, offset: i64, error: ErrorCode) {
        self.stats.commits += u64::from(error == ErrorCode::None);
        self.is_written(key, offset, error);
    }

    fn is_written(&self, key: &OffsetKey, offset: i64, error: ErrorCode) {
        if error == ErrorCode::None {
            let last = self.log.last_committed(key);
            assert!(
                last.is_some_and(|last| last >= offset),
                "{key:?} at {offset} is acknowledged but not written"
            );
        }
    }

    /// All that was asked of the coordinator that has gone is answered now.
    pub(super) fn hand_over(&mut self, replies: Vec<Reply>) {
        self.replies.extend(replies);
        self.uncommitted.clear();
        self.deliver();
        assert!(self.asked.is_empty(), "nobody is left waiting, but {:?}", self.asked);
    }
}
