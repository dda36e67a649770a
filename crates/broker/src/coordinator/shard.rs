//! One coordinator: a task with an inbox, the core and the partition it writes to.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hashbrown::HashMap;
use ottla_coordinator::{Now, Reply, Token, Write, WriteId};
use ottla_group::DeletedTopic;
use ottla_io::Clock;
use ottla_log::producer_state::VerificationGuard;
use ottla_record::{LeaderEpoch, Offset, Timestamp};
use ottla_wire::ErrorCode;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::append::Appender;
use super::core::{Core, Effects, Errands};
use super::loader::{LoadFailure, load};
use crate::partitions::Partition;

/// Most requests that wait for a coordinator; whoever comes then waits to be let in.
const INBOX_MAX: usize = 1024;

/// Decides a request.
pub(super) type Act<C> = Box<dyn FnOnce(&mut C, Now, Token) -> <C as Core>::Outcome + Send>;

type Answer<C> = oneshot::Sender<Result<<C as Core>::Response, ErrorCode>>;

/// A request and where its answer goes, or the end of an errand, which is answered to nobody.
struct Call<C: Core> {
    act: Act<C>,
    /// Shown at the first append of a transaction.
    guard: Option<VerificationGuard>,
    answer: Option<Answer<C>>,
}

/// What the rest of the node tells a coordinator without waiting for it.
#[derive(Default)]
struct Notices {
    resigned: AtomicBool,
    deleted: Mutex<Vec<DeletedTopic>>,
    transaction_version: Mutex<Option<i16>>,
    changed: Notify,
}

/// Asks one coordinator.
pub(super) struct ShardHandle<C: Core> {
    inbox: mpsc::Sender<Call<C>>,
    notices: Arc<Notices>,
    leader_epoch: LeaderEpoch,
    loaded: watch::Receiver<bool>,
}

impl<C: Core> Clone for ShardHandle<C> {
    fn clone(&self) -> Self {
        Self {
            inbox: self.inbox.clone(),
            notices: Arc::clone(&self.notices),
            leader_epoch: self.leader_epoch,
            loaded: self.loaded.clone(),
        }
    }
}

impl<C: Core> ShardHandle<C> {
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
    pub(super) async fn call(
        &self,
        act: Act<C>,
        guard: Option<VerificationGuard>,
    ) -> Result<C::Response, ErrorCode> {
        let (answer, answered) = oneshot::channel();
        let call = Call { act, guard, answer: Some(answer) };
        self.inbox.send(call).await.map_err(|_| ErrorCode::NotCoordinator)?;
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

    /// Tells it that the feature `transaction.version` has another level.
    pub(super) fn set_transaction_version(&self, level: i16) {
        *self.notices.transaction_version.lock() = Some(level);
        self.notices.changed.notify_one();
    }
}

/// A coordinator as its errands know it, which do not keep it alive.
pub(crate) struct WeakShard<C: Core>(mpsc::WeakSender<Call<C>>);

impl<C: Core> Clone for WeakShard<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<C: Core> WeakShard<C> {
    /// Tells the core how an errand ended, if it is still there.
    pub(crate) async fn tell(&self, act: impl FnOnce(&mut C, Now) -> C::Outcome + Send + 'static) {
        if let Some(inbox) = self.0.upgrade() {
            let act: Act<C> = Box::new(|core, now, _| act(core, now));
            // If it is gone, whoever comes after it finds out for itself.
            let _ = inbox.send(Call { act, guard: None, answer: None }).await;
        }
    }
}

/// What one coordinator needs.
pub(super) struct ShardOptions<C: Core> {
    /// It, before it has loaded anything.
    pub(super) core: C,
    pub(super) errands: Arc<dyn Errands<C>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) partition: Arc<Partition>,
    pub(super) leader_epoch: LeaderEpoch,
    /// Codec of what it writes, by its number.
    pub(super) compression_codec: i32,
    /// Time after which a write that is not replicated has failed.
    pub(super) commit_timeout: Duration,
    /// Bytes to read at once while loading.
    pub(super) load_bytes: u32,
}

/// A coordinator that has not loaded its partition yet.
pub(super) struct Shard<C: Core> {
    options: ShardOptions<C>,
    inbox: mpsc::Receiver<Call<C>>,
    notices: Arc<Notices>,
    loaded: watch::Sender<bool>,
    itself: WeakShard<C>,
}

impl<C: Core> Shard<C> {
    pub(super) fn new(options: ShardOptions<C>) -> (Self, ShardHandle<C>) {
        let (sender, inbox) = mpsc::channel(INBOX_MAX);
        let notices = Arc::new(Notices::default());
        let (loaded, is_loaded) = watch::channel(false);
        let itself = WeakShard(sender.downgrade());
        let handle = ShardHandle {
            inbox: sender,
            notices: Arc::clone(&notices),
            leader_epoch: options.leader_epoch,
            loaded: is_loaded,
        };
        (Self { options, inbox, notices, loaded, itself }, handle)
    }

    /// Loads the partition and serves until it is given up. A partition that cannot be loaded is not coordinated.
    pub(super) async fn run(self) {
        let partition = self.options.partition.index();
        let began = Instant::now();
        match self.load().await {
            None => {}
            Some(Err(error)) => tracing::error!(partition, %error, "{} cannot be loaded", C::WHAT),
            Some(Ok(serving)) => {
                tracing::info!(partition, took = ?began.elapsed(), "{} are loaded", C::WHAT);
                serving.run().await;
            }
        }
    }

    /// Reads the partition on a thread that may block. Nothing if it was given up meanwhile.
    async fn load(self) -> Option<Result<Serving<C>, LoadFailure>> {
        let Self { options, mut inbox, notices, loaded, itself } = self;
        let ShardOptions { core, errands, clock, partition, leader_epoch, .. } = options;
        let (load_bytes, now) = (options.load_bytes, now(&*clock));
        let loading = {
            let partition = Arc::clone(&partition);
            tokio::task::spawn_blocking(move || load(&partition, core, load_bytes, now))
        };
        tokio::pin!(loading);
        let core = loop {
            tokio::select! {
                biased;
                () = notices.changed.notified() => {
                    if notices.resigned.load(Ordering::Acquire) {
                        return None;
                    }
                }
                loaded = &mut loading => match loaded {
                    Ok(Ok(core)) => break core,
                    Ok(Err(error)) => return Some(Err(error)),
                    Err(error) => {
                        tracing::error!(%error, "loading {} has panicked", C::WHAT);
                        return None;
                    }
                },
                Some(call) = inbox.recv() => {
                    if let Some(answer) = call.answer {
                        let _ = answer.send(Err(ErrorCode::CoordinatorLoadInProgress));
                    }
                }
            }
        };
        // What changed meanwhile is looked at by whoever serves.
        notices.changed.notify_one();
        loaded.send_replace(true);
        let appender = Appender::new(Arc::clone(&partition), leader_epoch, options.compression_codec);
        Some(Ok(Serving {
            core,
            errands,
            clock,
            appender,
            partition,
            commit_timeout: options.commit_timeout,
            inbox,
            notices,
            itself,
            waiting: HashMap::new(),
            next_token: 0,
            uncommitted: VecDeque::new(),
        }))
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
struct Serving<C: Core> {
    core: C,
    errands: Arc<dyn Errands<C>>,
    clock: Arc<dyn Clock>,
    partition: Arc<Partition>,
    appender: Appender,
    commit_timeout: Duration,
    inbox: mpsc::Receiver<Call<C>>,
    notices: Arc<Notices>,
    itself: WeakShard<C>,
    /// Requests that are not answered yet: as many as connections wait.
    waiting: HashMap<Token, Answer<C>>,
    next_token: u64,
    /// Oldest first.
    uncommitted: VecDeque<Uncommitted>,
}

impl<C: Core> Serving<C> {
    fn now(&self) -> Now {
        now(&*self.clock)
    }

    async fn run(mut self) {
        let now = self.now();
        let outcome = self.core.on_loaded(now);
        self.settle(outcome, None);
        loop {
            self.handle_timeouts();
            let sleep = tokio::time::sleep(self.until_next_timeout());
            tokio::select! {
                biased;
                () = self.notices.changed.notified() => {
                    if self.notices.resigned.load(Ordering::Acquire) {
                        break;
                    }
                    self.follow_metadata();
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

    fn handle(&mut self, call: Call<C>) {
        self.next_token += 1;
        let token = Token(self.next_token);
        if let Some(answer) = call.answer {
            self.waiting.insert(token, answer);
        }
        let now = self.now();
        let outcome = (call.act)(&mut self.core, now, token);
        self.settle(outcome, call.guard);
    }

    /// Sends replies, appends records and begins errands, until nothing is left to do.
    fn settle(&mut self, outcome: C::Outcome, guard: Option<VerificationGuard>) {
        let mut outcomes = VecDeque::from([outcome]);
        while let Some(outcome) = outcomes.pop_front() {
            let Effects { replies, writes, errands } = outcome.into();
            replies.into_iter().for_each(|reply| answer::<C>(&mut self.waiting, reply));
            for write in writes {
                outcomes.extend(self.write(write, guard));
            }
            for errand in errands {
                Arc::clone(&self.errands).begin(errand, &self.itself);
            }
        }
    }

    /// Appends records; what follows if they are safe at once, or could not be appended.
    fn write(&mut self, mut write: Write<C::Record>, guard: Option<VerificationGuard>) -> Option<C::Outcome> {
        let now = self.now();
        let id = write.id;
        match self.appender.append(&write, guard, now.time_of_day) {
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
        self.settle(outcome, None);
    }

    fn handle_timeouts(&mut self) {
        while self.core.poll_timeout().is_some_and(|due| due <= self.now().steady) {
            let now = self.now();
            let outcome = self.core.handle_timeout(now);
            self.settle(outcome, None);
        }
    }

    fn until_next_timeout(&self) -> Duration {
        const LONG: Duration = Duration::from_secs(3600);
        let Some(due) = self.core.poll_timeout() else { return LONG };
        let wait = due.0.saturating_sub(self.now().steady.0);
        // The clock has a finer grain than its milliseconds: one more, so that the timer is due on waking.
        Duration::from_millis(u64::try_from(wait).unwrap_or(0) + 1).min(LONG)
    }

    fn follow_metadata(&mut self) {
        if let Some(level) = self.notices.transaction_version.lock().take() {
            self.core.handle_transaction_version(level);
        }
        let topics = std::mem::take(&mut *self.notices.deleted.lock());
        if !topics.is_empty() {
            let outcome = self.core.handle_topics_deleted(&topics);
            self.settle(outcome, None);
        }
    }

    /// Answers everybody who waits, in the inbox, too: the coordinator is elsewhere.
    fn give_up(mut self) {
        self.inbox.close();
        for reply in self.core.on_unloaded() {
            answer::<C>(&mut self.waiting, reply);
        }
        while let Ok(call) = self.inbox.try_recv() {
            if let Some(answer) = call.answer {
                let _ = answer.send(Err(ErrorCode::NotCoordinator));
            }
        }
    }
}

/// Sends a reply; whoever asked may be gone.
fn answer<C: Core>(waiting: &mut HashMap<Token, Answer<C>>, reply: Reply<C::Response>) {
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
