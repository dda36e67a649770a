//! One connection, from its first byte to its last.

use std::future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use ottla_wire::api::{ApiKey, ResponseBody, decode_request_header, encode_response};
use ottla_wire::header::RequestHeader;
use ottla_wire::{DecodeError, EncodeError};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::frame::{FrameSizeError, Incoming};
use super::outgoing::Outgoing;
use crate::api::{self, Connection, Piece, Reply, ReplyFuture, RequestContext, RequestError, Started};
use crate::broker::Broker;

/// Requests of one connection that are handled at once: one, or so many produce requests.
const PIPELINED_MAX: usize = 64;

/// A header is rarely longer: numbers, and a client id of some words.
const HEADER_BYTES_USUAL: usize = 256;

/// Longer than any node lives.
const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Why a connection ended before its client closed it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    /// The socket failed.
    #[error("{0}")]
    Socket(#[from] io::Error),
    /// The size of a frame cannot be.
    #[error(transparent)]
    Frame(#[from] FrameSizeError),
    /// The header cannot be read.
    #[error("malformed request header: {0}")]
    Header(DecodeError),
    /// The request cannot be served.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The answer does not fit the version the client asked for.
    #[error("response to {api} version {version}: {source}")]
    Response {
        /// The API.
        api: ApiKey,
        /// The version.
        version: i16,
        /// What does not fit.
        source: EncodeError,
    },
    /// The request asked for no answer, and failed.
    #[error("closed as the only answer the client can get: {0}")]
    Closed(String),
    /// Nothing came for too long.
    #[error("idle for {} ms (connections.max.idle.ms)", .0.as_millis())]
    Idle(Duration),
}

/// What a connection is told of the node's limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionOptions {
    /// Largest request, in bytes.
    pub(crate) request_bytes_max: i32,
    /// Time without a request after which the connection is closed; none for never.
    pub(crate) idle_max: Option<Duration>,
}

/// A request that has come in, as far as its answer needs to know.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// When it came, since the node's start.
    received: Duration,
    api_key: ApiKey,
    version: i16,
    correlation_id: i32,
}

type PendingFuture = Pin<Box<dyn Future<Output = (Asked, Reply)> + Send>>;

pub(crate) struct ConnectionTask {
    broker: Arc<Broker>,
    connection: Arc<Connection>,
    stream: TcpStream,
    options: ConnectionOptions,
    incoming: Incoming,
    outgoing: Outgoing,
    /// Requests without an answer yet, in the order they came.
    pending: FuturesOrdered<PendingFuture>,
    /// Whether all of them are produce requests beside which others may be started.
    only_produce: bool,
    encoded: BytesMut,
}

impl ConnectionTask {
    pub(crate) fn new(
        broker: Arc<Broker>,
        connection: Arc<Connection>,
        stream: TcpStream,
        options: ConnectionOptions,
    ) -> Self {
        Self {
            broker,
            connection,
            stream,
            options,
            incoming: Incoming::new(options.request_bytes_max),
            outgoing: Outgoing::default(),
            pending: FuturesOrdered::new(),
            only_produce: false,
            encoded: BytesMut::new(),
        }
    }

    /// Serves the client until it goes, breaks the rules, stays silent for too long, or the node stops.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let ended = tokio::select! {
            ended = self.serve() => ended,
            _ = stop.wait_for(|stop| *stop) => Ok(()),
        };
        if let Err(error) = ended {
            debug!(client = %self.connection.client_address, %error, "connection closed");
        }
    }

    async fn serve(&mut self) -> Result<(), ConnectionError> {
        let idle = sleep_until(Instant::now() + self.options.idle_max.unwrap_or(NEVER).min(NEVER));
        tokio::pin!(idle);
        let mut active = Instant::now();
        loop {
            self.start_requests()?;
            if !self.outgoing.write(&self.stream)? {
                self.stream.writable().await?;
                continue;
            }
            if self.can_start() && self.incoming.has_frame() {
                continue;
            }
            let wants_bytes = !self.incoming.has_frame();
            tokio::select! {
                biased;
                Some((asked, reply)) = self.pending.next(), if !self.pending.is_empty() => {
                    active = Instant::now();
                    self.answer(asked, reply)?;
                }
                readable = self.stream.readable(), if wants_bytes => {
                    readable?;
                    if !self.read()? {
                        return Ok(());
                    }
                    active = Instant::now();
                }
                () = &mut idle, if self.options.idle_max.is_some() => {
                    let Some(idle_max) = self.options.idle_max else { continue };
                    if active.elapsed() >= idle_max && self.pending.is_empty() {
                        return Err(ConnectionError::Idle(idle_max));
                    }
                    idle.as_mut().reset(active.max(Instant::now() - idle_max) + idle_max);
                }
            }
        }
    }

    /// Takes in what the socket has; whether the client is still there.
    fn read(&mut self) -> io::Result<bool> {
        match self.stream.try_read_buf(self.incoming.room()) {
            Ok(0) => Ok(false),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn can_start(&self) -> bool {
        self.pending.is_empty() || self.only_produce && self.pending.len() < PIPELINED_MAX
    }

    /// Starts the requests that are there whole and may start.
    fn start_requests(&mut self) -> Result<(), ConnectionError> {
        while self.can_start() {
            let Some(frame) = self.incoming.take_frame()? else { break };
            self.start_request(frame)?;
        }
        Ok(())
    }

    fn start_request(&mut self, frame: BytesMut) -> Result<(), ConnectionError> {
        let received = self.broker.clock.monotonic();
        let bytes = frame.len();
        let (context, body) = self.read_header(frame)?;
        let (api_key, version) = (context.api_key, context.api_version);
        let asked = Asked { received, api_key, version, correlation_id: context.correlation_id };
        if !self.serves(api_key, version) {
            return self.refuse(asked, &context);
        }
        self.broker.requests.received(api_key, version, bytes, received);
        match api::start(&self.broker, context, body)? {
            Started::Done(reply) if self.pending.is_empty() => self.answer(asked, reply)?,
            Started::Done(reply) => self.wait(asked, Box::pin(future::ready(reply))),
            Started::Waiting(reply) => self.wait(asked, reply),
            Started::Alone(reply) => {
                self.wait(asked, reply);
                self.only_produce = false;
            }
        }
        Ok(())
    }

    fn serves(&self, api_key: ApiKey, version: i16) -> bool {
        let Some(api) = api_key.api().filter(|_| api::is_served(api_key)) else { return false };
        api.is_on(self.connection.listener)
            && api.served_versions(self.broker.unstable_api_versions()).contains(version)
    }

    /// A client that guesses wrong is told which versions of ApiVersions there are; any other loses its connection.
    fn refuse(&mut self, asked: Asked, context: &RequestContext) -> Result<(), ConnectionError> {
        if asked.api_key != ApiKey::ApiVersions {
            return Err(context.not_served().into());
        }
        let body = api::unsupported_api_versions(self.connection.listener);
        self.answer(Asked { version: 0, ..asked }, Reply::message(body))
    }

    fn wait(&mut self, asked: Asked, reply: ReplyFuture) {
        let is_produce = asked.api_key == ApiKey::Produce;
        self.only_produce = is_produce && (self.pending.is_empty() || self.only_produce);
        self.pending.push_back(Box::pin(async move { (asked, reply.await) }));
    }

    /// Splits a frame into its header and its body.
    fn read_header(&self, mut frame: BytesMut) -> Result<(RequestContext, BytesMut), ConnectionError> {
        // The header is read from a copy, so that the body stays this connection's alone and can be changed in place.
        let (api_key, header, len) =
            match read_copied_header(&frame[..frame.len().min(HEADER_BYTES_USUAL)]) {
                Err(_) if frame.len() > HEADER_BYTES_USUAL => read_copied_header(&frame),
                read => read,
            }
            .map_err(ConnectionError::Header)?;
        let body = frame.split_off(len);
        let context = RequestContext {
            api_key,
            api_version: header.request_api_version,
            correlation_id: header.correlation_id,
            client_id: header.client_id,
            connection: Arc::clone(&self.connection),
        };
        Ok((context, body))
    }

    fn answer(&mut self, asked: Asked, reply: Reply) -> Result<(), ConnectionError> {
        let Asked { received, api_key, version, correlation_id } = asked;
        self.broker.requests.answered(api_key, received, self.broker.clock.monotonic());
        match reply {
            Reply::Message(body) => self
                .push_message(correlation_id, &body, version)
                .map_err(|source| ConnectionError::Response { api: api_key, version, source }),
            Reply::Pieces(pieces) => {
                let len: usize = pieces.iter().map(Piece::len).sum();
                self.outgoing.push(Piece::Bytes(Bytes::copy_from_slice(&(len as u32).to_be_bytes())));
                pieces.into_iter().for_each(|piece| self.outgoing.push(piece));
                Ok(())
            }
            Reply::Nothing => Ok(()),
            Reply::Close(reason) => Err(ConnectionError::Closed(reason)),
        }
    }

    fn push_message(
        &mut self,
        correlation_id: i32,
        body: &ResponseBody,
        version: i16,
    ) -> Result<(), EncodeError> {
        self.encoded.extend_from_slice(&[0; 4]);
        encode_response(correlation_id, body, version, &mut self.encoded)?;
        let mut frame = self.encoded.split();
        let len = (frame.len() - 4) as u32;
        frame[..4].copy_from_slice(&len.to_be_bytes());
        self.outgoing.push(Piece::Bytes(frame.freeze()));
        Ok(())
    }
}

/// Reads a header, and how long it is.
fn read_copied_header(bytes: &[u8]) -> Result<(ApiKey, RequestHeader, usize), DecodeError> {
    let mut rest = Bytes::copy_from_slice(bytes);
    let (api_key, header) = decode_request_header(&mut rest)?;
    Ok((api_key, header, bytes.len() - rest.len()))
}
