//! From the start of the process to its open port, to its first answer, and the memory it takes then.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use bytes::{Bytes, BytesMut};
use ottla_rival::{Node, Pair, Whose};
use ottla_wire::Message;
use ottla_wire::api::metadata::{MetadataRequest, MetadataResponse};
use ottla_wire::api::{RequestBody, encode_request};
use ottla_wire::header::{RequestHeader, ResponseHeader};

use crate::figures::{Better, Figures};

const METADATA_VERSION: i16 = 12;

/// How long a node may take to answer with a broker.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest answer we take.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How long a node is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

pub(crate) fn measure(pair: &Pair, whose: Whose, figures: &mut Figures) -> anyhow::Result<()> {
    let mut node = Node::formatted(pair, whose, &format!("bench-{whose}"))?;
    let start = Instant::now();
    node.start()?;
    let opened = node.server()?.opened();
    let begun = start.elapsed();
    let waited = until_answered(&node)?;
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    figures.note(whose, "exec to open port", "ms", Better::Less, millis(opened));
    figures.note(whose, "exec to first Metadata with a broker", "ms", Better::Less, millis(begun + waited));
    thread::sleep(IDLE);
    let resident = node.server()?.memory_kib("VmRSS")? as f64 / 1024.0;
    figures.note(whose, "memory, idle", "MiB", Better::Less, resident);
    node.stop()
}

/// Asks until the node tells of a broker: Kafka's port is open before it can.
fn until_answered(node: &Node<'_>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if ask(node).is_ok_and(|metadata| !metadata.brokers.is_empty()) {
            return Ok(start.elapsed());
        }
        thread::sleep(Duration::from_millis(1));
    }
    bail!("the node answered no Metadata within {PATIENCE:?}")
}

fn ask(node: &Node<'_>) -> anyhow::Result<MetadataResponse> {
    let header = RequestHeader {
        request_api_key: 3,
        request_api_version: METADATA_VERSION,
        ..RequestHeader::default()
    };
    let body = MetadataRequest { topics: Some(Vec::new()), ..MetadataRequest::default() };
    let mut request = BytesMut::new();
    encode_request(&header, &RequestBody::Metadata(body), &mut request)?;

    let mut stream = TcpStream::connect(("127.0.0.1", node.port()))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&[&u32::try_from(request.len())?.to_be_bytes()[..], &request].concat())?;
    let mut len = [0; 4];
    stream.read_exact(&mut len)?;
    let len = u32::from_be_bytes(len) as usize;
    ensure!(len <= ANSWER_BYTES_MAX, "an answer of {len} bytes");
    let mut answer = vec![0; len];
    stream.read_exact(&mut answer)?;
    let mut answer = Bytes::from(answer);
    ResponseHeader::decode_prefix(&mut answer, 1)?;
    Ok(MetadataResponse::decode(answer, METADATA_VERSION)?)
}
