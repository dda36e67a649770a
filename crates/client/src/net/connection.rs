//! One connection to a node.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use ottla_wire::api::{ApiKey, Request};
use ottla_wire::header::ResponseHeader;
use ottla_wire::{KafkaString, Message, Versions};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::error::ConnectionError;
use super::frame::{FrameReader, encode_request};
use super::transport::Transport;
use super::versions::NodeVersions;
use crate::error::CallError;

/// A connection to a node: requests go out in the order in which they are sent, without waiting for the
/// answers of those before, as far as `in_flight_max` allows.
///
/// Cheap to clone; the connection closes when the last clone is gone, or when something is wrong with it.
#[derive(Debug, Clone)]
pub struct Connection {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Outgoing>,
    permits: Arc<Semaphore>,
    in_flight_max: usize,
    next_correlation: AtomicI32,
    client_id: KafkaString,
    versions: std::sync::OnceLock<NodeVersions>,
}

/// What the handles and the connection's task share.
#[derive(Debug)]
struct Shared {
    in_flight: Mutex<VecDeque<InFlight>>,
    end: Mutex<Option<End>>,
    closing: Notify,
    last_use: Mutex<Instant>,
}

#[derive(Debug, Clone)]
struct End {
    error: ConnectionError,
    at: Instant,
}

type Reply = oneshot::Sender<Result<Bytes, ConnectionError>>;

/// A request on its way to the socket.
#[derive(Debug)]
struct Outgoing {
    frame: Bytes,
    in_flight: InFlight,
    is_answered: bool,
}

/// A request whose answer is due.
#[derive(Debug)]
struct InFlight {
    correlation_id: i32,
    header_version: i16,
    reply: Reply,
    /// Held for as long as the request counts as in flight.
    _permit: OwnedSemaphorePermit,
}

/// Limits of a connection.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionSettings {
    pub(crate) client_id: KafkaString,
    pub(crate) in_flight_max: usize,
    pub(crate) response_bytes_max: usize,
    pub(crate) idle: Option<Duration>,
}

impl Connection {
    /// Takes over a fresh stream. What the node speaks is not known yet.
    pub(crate) fn start(stream: Box<dyn Transport>, settings: ConnectionSettings) -> Self {
        let shared = Arc::new(Shared {
            in_flight: Mutex::new(VecDeque::new()),
            end: Mutex::new(None),
            closing: Notify::new(),
            last_use: Mutex::new(Instant::now()),
        });
        let in_flight_max = settings.in_flight_max.clamp(1, Semaphore::MAX_PERMITS);
        let (outgoing, inbox) = mpsc::channel(in_flight_max.min(1024));
        tokio::spawn(run(stream, inbox, Arc::clone(&shared), settings.response_bytes_max, settings.idle));
        let inner = Inner {
            shared,
            outgoing,
            permits: Arc::new(Semaphore::new(in_flight_max)),
            in_flight_max,
            next_correlation: AtomicI32::new(0),
            client_id: settings.client_id,
            versions: std::sync::OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn set_versions(&self, versions: NodeVersions) {
        // Set once, right after the start, by the one who negotiates.
        let _ = self.inner.versions.set(versions);
    }

    /// What the node speaks.
    ///
    /// # Panics
    ///
    /// Never for a connection that a client hands out: those have been negotiated.
    pub fn versions(&self) -> &NodeVersions {
        let Some(versions) = self.inner.versions.get() else { panic!("the connection is not negotiated") };
        versions
    }

    /// Whether requests can still be sent, as far as is known.
    pub fn is_open(&self) -> bool {
        self.inner.shared.end.lock().is_none()
    }

    /// Why and when the connection ended, if it did.
    pub(crate) fn end(&self) -> Option<(ConnectionError, Instant)> {
        self.inner.shared.end.lock().clone().map(|end| (end.error, end.at))
    }

    /// Requests that are sent, or about to be, and not answered.
    pub fn in_flight(&self) -> usize {
        self.inner.in_flight_max - self.inner.permits.available_permits()
    }

    /// Closes the connection; requests in flight fail.
    pub fn close(&self) {
        self.inner.shared.close(ConnectionError::ClosedByClient);
    }

    /// Sends a request at the highest version that both sides and the caller know, and waits for the answer.
    ///
    /// # Errors
    ///
    /// There is no such version, the request cannot be written, the connection ended, or no answer came within
    /// `limit`, which ends the connection.
    pub async fn call<R: Request>(
        &self,
        body: &R,
        within: Versions,
        limit: Duration,
    ) -> Result<R::Response, CallError> {
        let version = self.versions().choose(R::KEY, within)?;
        self.send(body, version, limit).await?.answer().await
    }

    /// Puts a request in line, waiting for a place in flight, and returns what will be its answer.
    ///
    /// # Errors
    ///
    /// The request cannot be written at the version, or the connection ended.
    pub async fn send<R: Request>(
        &self,
        body: &R,
        version: i16,
        limit: Duration,
    ) -> Result<Pending<R::Response>, CallError> {
        let reply = self.enqueue(body, version, true).await?;
        Ok(Pending {
            reply,
            api: R::KEY,
            version,
            limit,
            deadline: Instant::now() + limit,
            connection: self.clone(),
            response: std::marker::PhantomData,
        })
    }

    /// Sends a request that the node does not answer: a produce request without acknowledgement. Returns when
    /// the bytes are handed to the machine.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_unanswered<R: Request>(&self, body: &R, version: i16) -> Result<(), CallError> {
        let reply = self.enqueue(body, version, false).await?;
        match reply.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(self.inner.shared.ended().into()),
        }
    }

    async fn enqueue<R: Request>(
        &self,
        body: &R,
        version: i16,
        is_answered: bool,
    ) -> Result<oneshot::Receiver<Result<Bytes, ConnectionError>>, CallError> {
        let inner = &*self.inner;
        let ended = || inner.shared.ended();
        let permit = Arc::clone(&inner.permits).acquire_owned().await.map_err(|_| ended())?;
        let place = inner.outgoing.reserve().await.map_err(|_| ended())?;
        let correlation_id = inner.next_correlation.fetch_add(1, Ordering::Relaxed) & i32::MAX;
        let frame = encode_request(body, version, correlation_id, &inner.client_id)?;
        let (reply, answer) = oneshot::channel();
        let header_version = R::KEY.response_header_version(version);
        let in_flight = InFlight { correlation_id, header_version, reply, _permit: permit };
        place.send(Outgoing { frame, in_flight, is_answered });
        Ok(answer)
    }
}

/// An answer that is to come.
#[derive(Debug)]
#[must_use = "the answer is read by `answer`"]
pub struct Pending<A> {
    reply: oneshot::Receiver<Result<Bytes, ConnectionError>>,
    api: ApiKey,
    version: i16,
    limit: Duration,
    deadline: Instant,
    /// Keeps the connection open until the answer is there or nobody waits for it.
    connection: Connection,
    response: std::marker::PhantomData<fn() -> A>,
}

impl<A: Message> Pending<A> {
    /// The version at which the request was sent.
    pub const fn version(&self) -> i16 {
        self.version
    }

    /// Waits for the answer.
    ///
    /// # Errors
    ///
    /// The connection ended, the answer is malformed or did not come in time; each ends the connection.
    pub async fn answer(self) -> Result<A, CallError> {
        let version = self.version;
        let shared = Arc::clone(&self.connection.inner.shared);
        let body = self.body().await?;
        A::decode(body, version).map_err(|error| {
            let error = ConnectionError::from(error);
            shared.close(error.clone());
            error.into()
        })
    }

    /// Waits for the answer and leaves it as bytes, behind its header.
    pub(crate) async fn body(self) -> Result<Bytes, ConnectionError> {
        let shared = &self.connection.inner.shared;
        match timeout_at(self.deadline, self.reply).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(shared.ended()),
            Err(_) => {
                let error = ConnectionError::TimedOut { api: self.api, after: self.limit };
                shared.close(error.clone());
                Err(error)
            }
        }
    }
}

impl Shared {
    /// Lets the task end; the first reason counts.
    fn close(&self, error: ConnectionError) {
        self.end.lock().get_or_insert_with(|| End { error, at: Instant::now() });
        self.closing.notify_one();
    }

    fn ended(&self) -> ConnectionError {
        self.end.lock().as_ref().map_or(ConnectionError::ClosedByClient, |end| end.error.clone())
    }

    fn touch(&self) {
        *self.last_use.lock() = Instant::now();
    }
}

/// The task of a connection: reads and writes until something ends it, then fails what is in flight.
async fn run(
    stream: Box<dyn Transport>,
    mut inbox: mpsc::Receiver<Outgoing>,
    shared: Arc<Shared>,
    response_bytes_max: usize,
    idle: Option<Duration>,
) {
    let (read, write) = tokio::io::split(stream);
    let error = tokio::select! {
        error = read_answers(read, &shared, response_bytes_max) => error,
        error = write_requests(write, &mut inbox, &shared) => error,
        () = wait_until_idle(&shared, idle) => ConnectionError::Idle,
        () = shared.closing.notified() => shared.ended(),
    };
    shared.close(error);
    let error = shared.ended();
    inbox.close();
    while let Ok(outgoing) = inbox.try_recv() {
        let _ = outgoing.in_flight.reply.send(Err(error.clone()));
    }
    let in_flight = std::mem::take(&mut *shared.in_flight.lock());
    for request in in_flight {
        // Whoever asked may have gone.
        let _ = request.reply.send(Err(error.clone()));
    }
}

async fn write_requests<S: AsyncWrite + Unpin>(
    mut stream: WriteHalf<S>,
    inbox: &mut mpsc::Receiver<Outgoing>,
    shared: &Shared,
) -> ConnectionError {
    while let Some(Outgoing { frame, in_flight, is_answered }) = inbox.recv().await {
        shared.touch();
        // In line before its bytes leave, so that the answer finds it.
        let unanswered = if is_answered {
            shared.in_flight.lock().push_back(in_flight);
            None
        } else {
            Some(in_flight.reply)
        };
        if let Err(error) = stream.write_all(&frame).await {
            let error = ConnectionError::from(error);
            if let Some(reply) = unanswered {
                let _ = reply.send(Err(error.clone()));
            }
            return error;
        }
        if let Some(reply) = unanswered {
            let _ = reply.send(Ok(Bytes::new()));
        }
    }
    // All handles are gone, and with them all who wait for an answer.
    ConnectionError::ClosedByClient
}

async fn read_answers<S: AsyncRead + Unpin>(
    stream: ReadHalf<S>,
    shared: &Shared,
    limit: usize,
) -> ConnectionError {
    let mut frames = FrameReader::new(stream, limit);
    loop {
        let result = match frames.next().await {
            Ok(frame) => take_answer(frame, shared),
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            return error;
        }
        shared.touch();
    }
}

/// Hands an answer to the request at the front of the line, which it must name.
fn take_answer(mut frame: Bytes, shared: &Shared) -> Result<(), ConnectionError> {
    let found = i32::from_be_bytes(frame[..4].try_into().unwrap_or_default());
    let mut in_flight = shared.in_flight.lock();
    let expected = in_flight.front().map(|request| request.correlation_id);
    if expected != Some(found) {
        return Err(ConnectionError::Correlation { expected, found });
    }
    let Some(request) = in_flight.pop_front() else { return Ok(()) };
    drop(in_flight);
    match ResponseHeader::decode_prefix(&mut frame, request.header_version) {
        Ok(_) => {
            let _ = request.reply.send(Ok(frame));
            Ok(())
        }
        Err(error) => {
            let error = ConnectionError::from(error);
            let _ = request.reply.send(Err(error.clone()));
            Err(error)
        }
    }
}

async fn wait_until_idle(shared: &Shared, idle: Option<Duration>) {
    let Some(idle) = idle else { return std::future::pending().await };
    loop {
        let due = *shared.last_use.lock() + idle;
        tokio::time::sleep_until(due).await;
        let unused = shared.last_use.lock().elapsed() >= idle;
        if unused && shared.in_flight.lock().is_empty() {
            return;
        }
        if unused {
            shared.touch();
        }
    }
}

/// Limits how long connecting and negotiating may take.
pub(crate) async fn within<T>(
    limit: Duration,
    address: &impl ToString,
    work: impl Future<Output = Result<T, ConnectionError>>,
) -> Result<T, ConnectionError> {
    match timeout(limit, work).await {
        Ok(result) => result,
        Err(_) => Err(ConnectionError::ConnectTimedOut { address: address.to_string(), after: limit }),
    }
}
