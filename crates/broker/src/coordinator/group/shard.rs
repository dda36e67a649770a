//! One coordinator: a task with an inbox, the core and the partition it writes to.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hashbrown::HashMap;
use ottla_config::ServerConfig;
use ottla_group::{DeletedTopic, GroupCoordinator, Now, Outcome, Reply, Response, Token, Write, WriteId};
use ottla_io::Clock;
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::ErrorCode;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::append::Appender;
use super::loader::{LoadFailure, load};
use crate::partitions::Partition;

/// Most requests that wait for a coordinator; whoever comes then waits to be let in.
const INBOX_MAX: usize = 1024;

/// Decides a request.
pub(super) type Act = Box<dyn FnOnce(&mut GroupCoordinator, Now, Token) -> Outcome + Send>;

type Answer = oneshot::Sender<Result<Response, ErrorCode>>;

/// A request and where its answer goes.
struct Call {
    act: Act,
    answer: Answer,
}

/// What the rest of the node tells a coordinator without waiting for it.
#[derive(Default)]
struct Notices {
    resigned: AtomicBool,
    deleted: Mutex<Vec<DeletedTopic>>,
    changed: Notify,
}

/// Asks one coordinator.
#[derive(Clone)]
pub(super) struct ShardHandle {
    inbox: mpsc::Sender<Call>,
    notices: Arc<Notices>,
    leader_epoch: LeaderEpoch,
    loaded: watch::Receiver<bool>,
}

impl ShardHandle {
    /// Waits until the partition is loaded, or will not be.
    pub(super) async fn loaded(mut self) {
        // An error means that the coordinator has ended.
        let _ = self.loaded.wait_for(|loaded| *loaded).await;
    }

    /// The epoch in which it leads its partition.
    pub(super) fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// Lets the coordinator decide, and waits for its answer.
    pub(super) async fn call(&self, act: Act) -> Result<Response, ErrorCode> {
        let (answer, answered) = oneshot::channel();
        self.inbox.send(Call { act, answer }).await.map_err(|_| ErrorCode::NotCoordinator)?;
        answered.await.unwrap_or(Err(ErrorCode::NotCoordinator))
    }

    /// Tells it that its partition is led elsewhere, or in another epoch.
    pub(super) fn resign(&self) {
        self.notices.resigned.store(true, Ordering::Release);
        self.notices.changed.notify_one();
    }

    /// Tells it that topics are gone.
    pub(super) fn forget_topics(&self, topics: &[DeletedTopic]) {
        self.notices.deleted.lock().extend_from_slice(topics);
        self.notices.changed.notify_one();
    }
}

/// What one coordinator needs.
pub(super) struct ShardOptions {
    pub(super) config: Arc<ServerConfig>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) partition: Arc<Partition>,
    pub(super) leader_epoch: LeaderEpoch,
}

/// A coordinator that has not loaded its partition yet.
pub(super) struct Shard {
    options: ShardOptions,
    inbox: mpsc::Receiver<Call>,
    notices: Arc<Notices>,
    loaded: watch::Sender<bool>,
}

impl Shard {
    pub(super) fn new(options: ShardOptions) -> (Self, ShardHandle) {
        let (sender, inbox) = mpsc::channel(INBOX_MAX);
        let notices = Arc::new(Notices::default());
        let (loaded, is_loaded) = watch::channel(false);
        let handle = ShardHandle {
            inbox: sender,
            notices: Arc::clone(&notices),
            leader_epoch: options.leader_epoch,
            loaded: is_loaded,
        };
        (Self { options, inbox, notices, loaded }, handle)
    }

    /// Loads the partition and serves until it is given up. A partition that cannot be loaded is not coordinated.
    pub(super) async fn run(mut self) {
        let partition = self.options.partition.index();
        let began = Instant::now();
        match self.load().await {
            None => {}
            Some(Err(error)) => tracing::error!(partition, %error, "groups cannot be loaded"),
            Some(Ok(core)) => {
                let (groups, took) = (core.groups().count(), began.elapsed());
                tracing::info!(partition, groups, ?took, "groups are loaded");
                self.loaded.send_replace(true);
                Serving::new(self, core).run().await;
            }
        }
    }

    /// Reads the partition on a thread that may block. Nothing if it was given up meanwhile.
    async fn load(&mut self) -> Option<Result<GroupCoordinator, LoadFailure>> {
        let options = &self.options;
        let partition = Arc::clone(&options.partition);
        let keys = &options.config.keys;
        let config = keys.into();
        let bytes_max = keys.group_coordinator.offsets_load_buffer_size.unsigned_abs();
        let now = now(&*options.clock);
        let loading = tokio::task::spawn_blocking(move || load(&partition, config, bytes_max, now));
        tokio::pin!(loading);
        loop {
            tokio::select! {
                biased;
                () = self.notices.changed.notified() => {
                    if self.notices.resigned.load(Ordering::Acquire) {
                        return None;
                    }
                }
                loaded = &mut loading => {
                    // Topics that went meanwhile are looked at by whoever serves.
                    self.notices.changed.notify_one();
                    return loaded.inspect_err(|error| tracing::error!(%error, "loading groups has panicked")).ok();
                }
                Some(call) = self.inbox.recv() => {
                    let _ = call.answer.send(Err(ErrorCode::CoordinatorLoadInProgress));
                }
            }
        }
    }
}

fn now(clock: &dyn Clock) -> Now {
    let steady = i64::try_from(clock.monotonic().as_millis()).unwrap_or(i64::MAX);
    Now { steady: Timestamp(steady), time_of_day: Timestamp(clock.now_ms()) }
}

/// Records that are in the log and not safe yet.
struct Uncommitted {
    id: WriteId,
    end_offset: Offset,
    deadline: Instant,
}

/// A coordinator at work.
struct Serving {
    core: GroupCoordinator,
    clock: Arc<dyn Clock>,
    partition: Arc<Partition>,
    appender: Appender,
    commit_timeout: Duration,
    inbox: mpsc::Receiver<Call>,
    notices: Arc<Notices>,
    /// Requests that are not answered yet: as many as connections wait.
    waiting: HashMap<Token, Answer>,
    next_token: u64,
    /// Oldest first.
    uncommitted: VecDeque<Uncommitted>,
}

impl Serving {
    fn new(shard: Shard, core: GroupCoordinator) -> Self {
        let ShardOptions { config, clock, partition, leader_epoch } = shard.options;
        let keys = &config.keys.group_coordinator;
        Self {
            core,
            clock,
            appender: Appender::new(
                Arc::clone(&partition),
                leader_epoch,
                keys.offsets_topic_compression_codec,
            ),
            partition,
            commit_timeout: Duration::from_millis(keys.offsets_commit_timeout_ms.unsigned_abs().into()),
            inbox: shard.inbox,
            notices: shard.notices,
            waiting: HashMap::new(),
            next_token: 0,
            uncommitted: VecDeque::new(),
        }
    }

    fn now(&self) -> Now {
        now(&*self.clock)
    }

    async fn run(mut self) {
        let now = self.now();
        let outcome = self.core.on_loaded(now);
        self.settle(outcome);
        loop {
            self.handle_timeouts();
            let sleep = tokio::time::sleep(self.until_next_timeout());
            tokio::select! {
                biased;
                () = self.notices.changed.notified() => {
                    if self.notices.resigned.load(Ordering::Acquire) {
                        break;
                    }
                    self.forget_topics();
                }
                is_safe = oldest_is_safe(&self.partition, self.uncommitted.front()),
                    if !self.uncommitted.is_empty() => self.oldest_done(is_safe),
                call = self.inbox.recv() => match call {
                    Some(call) => self.handle(call),
                    None => break,
                },
                () = sleep => {}
            }
        }
        self.give_up();
    }

    fn handle(&mut self, call: Call) {
        self.next_token += 1;
        let token = Token(self.next_token);
        self.waiting.insert(token, call.answer);
        let now = self.now();
        let outcome = (call.act)(&mut self.core, now, token);
        self.settle(outcome);
    }

    /// Sends replies and appends records, until nothing is left to do.
    fn settle(&mut self, outcome: Outcome) {
        let mut outcomes = VecDeque::from([outcome]);
        while let Some(outcome) = outcomes.pop_front() {
            outcome.replies.into_iter().for_each(|reply| answer(&mut self.waiting, reply));
            for write in outcome.writes {
                outcomes.extend(self.write(write));
            }
        }
    }

    /// Appends records; what follows if they are safe at once, or could not be appended.
    fn write(&mut self, mut write: Write) -> Option<Outcome> {
        let now = self.now();
        let id = write.id;
        match self.appender.append(&write, now.time_of_day) {
            Err(error) => Some(self.core.failed(now, id, error)),
            Ok(appended) => {
                write.records.truncate(appended.records);
                self.core.written(now, write, appended.base_offset);
                let is_safe =
                    self.uncommitted.is_empty() && self.partition.high_watermark() >= appended.end_offset;
                if is_safe {
                    return Some(self.core.committed(now, id));
                }
                let deadline = Instant::now() + self.commit_timeout;
                self.uncommitted.push_back(Uncommitted { id, end_offset: appended.end_offset, deadline });
                None
            }
        }
    }

    /// The oldest write that was not safe is, or has waited long enough.
    fn oldest_done(&mut self, is_safe: bool) {
        let Some(write) = self.uncommitted.pop_front() else { return };
        let now = self.now();
        let outcome = match is_safe {
            true => self.core.committed(now, write.id),
            false if self.partition.is_leader() => {
                self.core.failed(now, write.id, ErrorCode::RequestTimedOut)
            }
            false => self.core.failed(now, write.id, ErrorCode::NotLeaderOrFollower),
        };
        self.settle(outcome);
    }

    fn handle_timeouts(&mut self) {
        while self.core.poll_timeout().is_some_and(|due| due <= self.now().steady) {
            let now = self.now();
            let outcome = self.core.handle_timeout(now);
            self.settle(outcome);
        }
    }

    fn until_next_timeout(&self) -> Duration {
        const LONG: Duration = Duration::from_secs(3600);
        let Some(due) = self.core.poll_timeout() else { return LONG };
        let wait = due.0.saturating_sub(self.now().steady.0);
        // The clock has a finer grain than its milliseconds: one more, so that the timer is due on waking.
        Duration::from_millis(u64::try_from(wait).unwrap_or(0) + 1).min(LONG)
    }

    fn forget_topics(&mut self) {
        let topics = std::mem::take(&mut *self.notices.deleted.lock());
        if !topics.is_empty() {
            let outcome = self.core.handle_topics_deleted(&topics);
            self.settle(outcome);
        }
    }

    /// Answers everybody who waits, in the inbox, too: the coordinator is elsewhere.
    fn give_up(mut self) {
        self.inbox.close();
        for reply in self.core.on_unloaded() {
            answer(&mut self.waiting, reply);
        }
        while let Ok(call) = self.inbox.try_recv() {
            let _ = call.answer.send(Err(ErrorCode::NotCoordinator));
        }
    }
}

/// Sends a reply; whoever asked may be gone.
fn answer(waiting: &mut HashMap<Token, Answer>, reply: Reply) {
    if let Some(answer) = waiting.remove(&reply.token) {
        let _ = answer.send(Ok(reply.response));
    }
}

/// Waits until the oldest write is safe, its time is up, or the partition is led elsewhere.
async fn oldest_is_safe(partition: &Arc<Partition>, oldest: Option<&Uncommitted>) -> bool {
    let Some(oldest) = oldest else { return false };
    let timeout = oldest.deadline.saturating_duration_since(Instant::now());
    partition.wait_for_high_watermark(oldest.end_offset, timeout).await
}
