//! A node from its start to its end.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use ottla_broker::storage::OpenStorageError;
use ottla_broker::{BoundListener, Node, NodeOptions, StartError};
use ottla_config::{ServerConfig, Written};
use ottla_io::{Clock, RealDisk, SystemClock};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::frame::{Console, Stop, StopSignals};
use crate::random::random_uuid;

/// A node to start.
pub(crate) struct Launch {
    /// What was written for it.
    pub(crate) written: Written,
    /// The same, resolved.
    pub(crate) config: ServerConfig,
    /// The time it goes by, from when the start began.
    pub(crate) clock: SystemClock,
}

/// What can be told of a node once it serves clients.
pub(crate) struct Started<'a> {
    /// Where it listens.
    pub(crate) listeners: &'a [BoundListener],
    /// How long the start took.
    pub(crate) elapsed: Duration,
}

/// What is said when a node has started.
pub(crate) type Say<'a> = &'a mut dyn FnMut(&Started<'_>, &mut Console<'_>) -> io::Result<()>;

/// Starts a node and stops it in order at SIGINT or SIGTERM; a second signal ends the process at once.
pub(crate) fn run_until_stopped(launch: Launch, console: &mut Console<'_>, say: Say<'_>) -> Result<(), Stop> {
    let Launch { written, config, clock } = launch;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let node_id = config.node_id;
    tracing::info!(node_id, version = env!("CARGO_PKG_VERSION"), "starting");
    let options = NodeOptions { written, config, disk: Arc::new(RealDisk), clock: Arc::new(clock.clone()) };
    // Not within a runtime: a node that cannot start drops its own, which must not happen within another.
    let node = Node::start(options).map_err(|error| cannot_start(&error))?;
    let started = Started { listeners: node.listeners(), elapsed: clock.monotonic() };
    for listener in started.listeners {
        tracing::info!(listener = listener.name, address = %listener.address, "listening");
    }
    tracing::info!(node_id, elapsed_ms = started.elapsed.as_millis(), "Kafka Server started");
    say(&started, console)?;
    console.flush()?;
    wait_and_stop(node)
}

/// The words of an error already hold those of its cause.
fn cannot_start(error: &StartError) -> anyhow::Error {
    let remedy = match error {
        StartError::Storage(OpenStorageError::NoneFormatted { .. } | OpenStorageError::NotFormatted(_)) => {
            let id = random_uuid();
            format!(
                "\nfor a new cluster, format with: ottla storage format --standalone --ignore-formatted --cluster-id {id} \
                 --config FILE"
            )
        }
        _ => String::new(),
    };
    anyhow::anyhow!("the node cannot start: {error}{remedy}")
}

fn wait_and_stop(node: Node) -> Result<(), Stop> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime that waits for signals")?;
    runtime.block_on(async {
        let mut signals = StopSignals::listen().context("cannot listen to signals")?;
        let failure = tokio::select! {
            signal = signals.next() => {
                tracing::info!(signal, "shutting down");
                None
            }
            cause = node.failed() => Some(cause),
        };
        let (stopped, is_stopped) = oneshot::channel();
        let stop = move || {
            node.shutdown();
            // Nobody waits for it any more after a second signal.
            let _ = stopped.send(());
        };
        thread::Builder::new().name("ottla-stop".to_owned()).spawn(stop).context("cannot start a thread")?;
        tokio::select! {
            result = is_stopped => {
                result.context("the node did not stop in order")?;
                tracing::info!("shut down");
                failure.map_or(Ok(()), |cause| Err(anyhow::anyhow!("the node had to stop: {cause}").into()))
            }
            signal = signals.next() => {
                tracing::warn!(signal, "ending at once");
                Err(Stop::Status(1))
            }
        }
    })
}
