//! A connection whose bytes are ours to choose.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::{Bytes, BytesMut};
use ottla_rival::Node;
use ottla_wire::Message;
use ottla_wire::api::{ApiKey, RequestBody, ResponseBody, encode_request};
use ottla_wire::header::{RequestHeader, ResponseHeader};

/// How long a node may take to answer or to hang up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest answer we take.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// The number that every request here carries.
const CORRELATION: i32 = 7;

#[derive(Debug)]
pub(crate) struct Raw {
    stream: TcpStream,
}

impl Raw {
    pub(crate) fn connect(node: &Node<'_>) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", node.port()))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Sends bytes as they are. A node that has hung up meanwhile is no error: what it did is asked afterwards.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Sends bytes behind their length.
    pub(crate) fn send_frame(&mut self, bytes: &[u8]) {
        let mut frame = Vec::with_capacity(bytes.len() + 4);
        frame.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend_from_slice(bytes);
        self.send(&frame);
    }

    /// The next answer, or `None` when the node has hung up.
    pub(crate) fn receive(&mut self) -> anyhow::Result<Option<Bytes>> {
        let mut len = [0; 4];
        if !self.fill(&mut len)? {
            return Ok(None);
        }
        let len = u32::from_be_bytes(len) as usize;
        ensure!(len <= ANSWER_BYTES_MAX, "an answer of {len} bytes");
        let mut answer = vec![0; len];
        Ok(self.fill(&mut answer)?.then(|| answer.into()))
    }

    /// Whether the node has sent that much before it hung up.
    fn fill(&mut self, buffer: &mut [u8]) -> anyhow::Result<bool> {
        match self.stream.read_exact(buffer) {
            Ok(()) => Ok(true),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ) =>
            {
                Ok(false)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                bail!("the node neither answered nor hung up within {PATIENCE:?}")
            }
            Err(error) => Err(error.into()),
        }
    }

    /// An error unless the node hangs up without an answer.
    pub(crate) fn must_hang_up(&mut self) -> anyhow::Result<()> {
        match self.receive()? {
            None => Ok(()),
            Some(answer) => bail!("the node answered {} bytes where it should have hung up", answer.len()),
        }
    }

    /// Asks and reads the answer.
    pub(crate) fn ask(&mut self, version: i16, body: &RequestBody) -> anyhow::Result<ResponseBody> {
        self.send_frame(&request(version, body)?);
        let answer = self.receive()?.context("the node hung up in place of an answer")?;
        read(body.api_key(), version, answer)
    }
}

/// A request without its length.
pub(crate) fn request(version: i16, body: &RequestBody) -> anyhow::Result<BytesMut> {
    let mut bytes = BytesMut::new();
    encode_request(&header(body.api_key().number(), version), body, &mut bytes)?;
    Ok(bytes)
}

/// The header of a request, and behind it bytes that need not be one.
pub(crate) fn request_of(key: i16, version: i16, body: &[u8]) -> anyhow::Result<BytesMut> {
    let header_version = ApiKey::from_number(key).map_or(1, |key| key.request_header_version(version));
    let mut bytes = BytesMut::new();
    header(key, version).encode(header_version, &mut bytes)?;
    bytes.extend_from_slice(body);
    Ok(bytes)
}

fn header(request_api_key: i16, request_api_version: i16) -> RequestHeader {
    RequestHeader {
        request_api_key,
        request_api_version,
        correlation_id: CORRELATION,
        client_id: Some("raw".into()),
        ..RequestHeader::default()
    }
}

/// Reads an answer behind its length.
pub(crate) fn read(key: ApiKey, version: i16, mut answer: Bytes) -> anyhow::Result<ResponseBody> {
    let header = ResponseHeader::decode_prefix(&mut answer, key.response_header_version(version))?;
    ensure!(header.correlation_id == CORRELATION, "an answer to {}", header.correlation_id);
    Ok(ResponseBody::decode(key, version, answer)?)
}
