//! The cluster as a client sees it, kept fresh by a task of its own.

use std::sync::Arc;
use std::time::Duration;

use ottla_wire::{ErrorCode, KafkaString};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

mod cluster;
mod merge;
#[cfg(test)]
mod tests;
mod updater;
mod wanted;

pub use cluster::{Broker, Cluster, PartitionMetadata, TopicMetadata};
pub use merge::LeaderHint;

use crate::config::ClientConfig;
use crate::error::ClientError;
use crate::net::Pool;
use updater::Updater;
use wanted::Wanted;

/// What a client wants of its metadata.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MetadataOptions {
    /// Whether asking for a topic may create it.
    pub(crate) allow_auto_create: bool,
    /// After how long without use a topic is no longer asked for.
    pub(crate) topic_idle: Option<Duration>,
}

/// The cluster as a client sees it: nodes, topics that it wants, partition leaders.
///
/// A task asks for what is wanted when somebody needs it, and again when it is `metadata.max.age.ms` old.
#[derive(Debug)]
pub struct Metadata {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    view: watch::Sender<View>,
    wanted: Mutex<Wanted>,
    asked: Notify,
    /// Number of the latest question.
    goal: Mutex<u64>,
}

#[derive(Debug, Clone, Default)]
struct View {
    cluster: Arc<Cluster>,
    /// Number of the latest question that is answered.
    answered: u64,
    last_error: Option<ClientError>,
}

impl Shared {
    fn cluster(&self) -> Arc<Cluster> {
        Arc::clone(&self.view.borrow().cluster)
    }

    fn goal(&self) -> u64 {
        *self.goal.lock()
    }

    fn is_asked(&self) -> bool {
        self.goal() > self.view.borrow().answered
    }

    /// Asks a new question and tells its number.
    fn ask(&self) -> u64 {
        let mut goal = self.goal.lock();
        *goal += 1;
        self.asked.notify_one();
        *goal
    }

    fn succeed(&self, goal: u64, cluster: Cluster) {
        self.view.send_modify(|view| {
            *view = View { cluster: Arc::new(cluster), answered: goal, last_error: None };
        });
    }

    fn fail(&self, error: ClientError) {
        self.view.send_modify(|view| view.last_error = Some(error));
    }
}

impl Metadata {
    pub(crate) fn start(config: &Arc<ClientConfig>, pool: &Arc<Pool>, options: MetadataOptions) -> Self {
        let shared = Arc::new(Shared {
            view: watch::Sender::new(View::default()),
            wanted: Mutex::new(Wanted::new(options.topic_idle)),
            asked: Notify::new(),
            goal: Mutex::new(0),
        });
        let updater = Updater {
            shared: Arc::clone(&shared),
            pool: Arc::clone(pool),
            config: Arc::clone(config),
            allow_auto_create: options.allow_auto_create,
        };
        Self { shared, task: tokio::spawn(updater.run()) }
    }

    /// The cluster as it is known now, perhaps not at all.
    pub fn cluster(&self) -> Arc<Cluster> {
        self.shared.cluster()
    }

    /// Wants to know of a topic from now on. One that is not known yet is asked for at once.
    pub fn want(&self, topic: &KafkaString) {
        if self.shared.wanted.lock().add(topic, Instant::now()) {
            self.shared.ask();
        }
    }

    /// Wants to know of just these topics from now on.
    pub fn want_only(&self, topics: impl IntoIterator<Item = KafkaString>) {
        if self.shared.wanted.lock().set(topics, Instant::now()) {
            self.shared.ask();
        }
    }

    /// Wants to know of all topics from now on.
    pub fn want_all(&self) {
        if self.shared.wanted.lock().set_all() {
            self.shared.ask();
        }
    }

    /// Lets the task ask again soon: something seems to have changed.
    pub fn request_update(&self) {
        if !self.shared.is_asked() {
            self.shared.ask();
        }
    }

    /// Takes leaders that nodes named beside errors (KIP-951); whether some were news.
    pub fn update_leaders(&self, hints: &[LeaderHint], brokers: &[Broker]) -> bool {
        let mut is_news = false;
        self.shared.view.send_if_modified(|view| {
            if let Some(next) = view.cluster.with_leaders(hints, brokers) {
                view.cluster = Arc::new(next);
                is_news = true;
            }
            is_news
        });
        is_news
    }

    /// Waits until the view of the cluster is another than that of `version`.
    pub async fn changed(&self, version: u64) -> Arc<Cluster> {
        let mut view = self.shared.view.subscribe();
        let found = view.wait_for(|view| view.cluster.version != version).await;
        let cluster = found.ok().map(|view| Arc::clone(&view.cluster));
        match cluster {
            Some(cluster) => cluster,
            None => std::future::pending().await,
        }
    }

    /// Asks anew and waits for the answer.
    ///
    /// # Errors
    ///
    /// No node answered until `deadline`.
    pub async fn refresh(&self, deadline: Instant) -> Result<Arc<Cluster>, ClientError> {
        let goal = self.shared.ask();
        self.wait_for(deadline, |view| view.answered >= goal).await
    }

    /// The cluster, once some node told of it.
    ///
    /// # Errors
    ///
    /// No node answered until `deadline`.
    pub async fn known(&self, deadline: Instant) -> Result<Arc<Cluster>, ClientError> {
        if self.shared.view.borrow().cluster.version == 0 {
            self.request_update();
        }
        self.wait_for(deadline, |view| view.cluster.version > 0).await
    }

    /// A topic, once it is known; asks again and again as long as it does not exist.
    ///
    /// # Errors
    ///
    /// The topic cannot be described for a reason that does not pass, or it was not known until `deadline`.
    pub async fn topic(
        &self,
        name: &KafkaString,
        deadline: Instant,
    ) -> Result<Arc<TopicMetadata>, ClientError> {
        self.want(name);
        let mut cluster = self.cluster();
        // A question that is on its way since the topic is wanted is as good as a new one.
        let mut goal = if self.shared.is_asked() { self.shared.goal() } else { 0 };
        loop {
            match cluster.topic(name) {
                Some(topic) if topic.error == ErrorCode::None => return Ok(Arc::clone(topic)),
                Some(topic) if !topic.error.is_retriable() => return Err(topic.error.into()),
                _ => {}
            }
            let last = cluster.topic(name).map(|topic| topic.error);
            let asked = if goal == 0 { self.shared.ask() } else { std::mem::take(&mut goal) };
            let answer = self.wait_for(deadline, |view| view.answered >= asked).await;
            cluster = answer.map_err(|error| match (error, last) {
                (ClientError::TimedOut { api, after, last: None }, Some(code)) => {
                    ClientError::TimedOut { api, after, last: Some(Box::new(code.into())) }
                }
                (error, _) => error,
            })?;
        }
    }

    async fn wait_for(
        &self,
        deadline: Instant,
        mut is_enough: impl FnMut(&View) -> bool,
    ) -> Result<Arc<Cluster>, ClientError> {
        let start = Instant::now();
        let mut receiver = self.shared.view.subscribe();
        let waited = timeout_at(deadline, receiver.wait_for(|view| is_enough(view))).await;
        match waited {
            Ok(Ok(view)) => Ok(Arc::clone(&view.cluster)),
            Ok(Err(_)) => Err(ClientError::Closed),
            Err(_) => {
                let last = self.shared.view.borrow().last_error.clone().map(Box::new);
                let after = deadline.saturating_duration_since(start);
                Err(ClientError::TimedOut { api: None, after, last })
            }
        }
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        self.task.abort();
    }
}
