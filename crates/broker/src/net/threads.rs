//! The threads on which connections live.

use std::io;
use std::net::TcpStream as StdTcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::connection::{ConnectionOptions, ConnectionTask};
use super::limits::Permit;
use crate::api::Connection;
use crate::broker::Broker;

/// Connections on their way to one thread; more wait in the listening socket's backlog.
const HAND_OVER_MAX: usize = 1024;

/// A connection on its way to the thread it will live on.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: StdTcpStream,
    pub(crate) connection: Arc<Connection>,
    pub(crate) permit: Permit,
}

/// The threads on which connections live.
#[derive(Debug, Clone)]
pub(crate) struct IoThreads {
    inboxes: Arc<[mpsc::Sender<Accepted>]>,
    next: Arc<AtomicUsize>,
}

impl IoThreads {
    /// Starts `count` threads.
    ///
    /// # Errors
    ///
    /// If the operating system gives no thread or no event queue.
    pub(crate) fn start(
        count: usize,
        broker: &Arc<Broker>,
        options: ConnectionOptions,
        stop: &watch::Receiver<bool>,
    ) -> io::Result<(Self, Vec<JoinHandle<()>>)> {
        let mut inboxes = Vec::new();
        let mut handles = Vec::new();
        for index in 0..count {
            let (sender, receiver) = mpsc::channel(HAND_OVER_MAX);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (broker, stop) = (Arc::clone(broker), stop.clone());
            let work = move || runtime.block_on(serve(receiver, broker, options, stop));
            handles.push(thread::Builder::new().name(format!("ottla-io-{index}")).spawn(work)?);
            inboxes.push(sender);
        }
        Ok((Self { inboxes: inboxes.into(), next: Arc::default() }, handles))
    }

    /// Gives a connection to the thread whose turn it is.
    pub(crate) fn hand_over(&self, accepted: Accepted) {
        let index = self.next.fetch_add(1, Ordering::Relaxed) % self.inboxes.len();
        if let Err(error) = self.inboxes[index].try_send(accepted) {
            debug!(%error, "connection dropped before it began");
        }
    }
}

async fn serve(
    mut inbox: mpsc::Receiver<Accepted>,
    broker: Arc<Broker>,
    options: ConnectionOptions,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let accepted = tokio::select! {
            Some(accepted) = inbox.recv() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            _ = stop.wait_for(|stop| *stop) => break,
            else => break,
        };
        let stop = stop.clone();
        match TcpStream::from_std(accepted.stream) {
            Ok(stream) => {
                let task = ConnectionTask::new(Arc::clone(&broker), accepted.connection, stream, options);
                let permit = accepted.permit;
                connections.spawn(async move {
                    task.run(stop).await;
                    drop(permit);
                });
            }
            Err(error) => debug!(%error, "connection lost before it began"),
        }
    }
    while connections.join_next().await.is_some() {}
}
