//! The answer to a fetch, written by hand around the parts of files it carries.

use std::sync::Arc;

use bytes::BytesMut;
use ottla_log::index::AbortedTransaction;
use ottla_log::log::LogSlice;
use ottla_log::offsets::OffsetAndEpoch;
use ottla_wire::api::ApiKey;
use ottla_wire::api::fetch::{FetchResponse, NodeEndpoint};
use ottla_wire::codec::{Layout, Sink, Writer, write_tagged};
use ottla_wire::{ErrorCode, KafkaString, Message, Uuid};

use super::read::{PartitionResult, Target};
use super::{OLD_STORAGE_ERROR_VERSION_MAX, TOPIC_ID_VERSION_MIN};
use crate::api::leaders::{CurrentLeader, LeaderEndpoint, Leaders, Named};
use crate::api::{FilePiece, Piece, Reply, RequestContext};
use crate::broker::Broker;
use crate::partitions::TopicState;

/// The answer has an error and a session from this version on (KIP-227).
const SESSION_VERSION_MIN: i16 = 7;
/// The answer tells where logs start from this version on.
const LOG_START_VERSION_MIN: i16 = 5;
/// The answer may send consumers to another replica from this version on (KIP-392).
const PREFERRED_REPLICA_VERSION_MIN: i16 = 11;

/// Who leads a partition is told from this version on (KIP-951).
const HINTS_VERSION_MIN: i16 = 16;

/// In place of a replica to read from: stay with the leader.
const NO_PREFERRED_REPLICA: i32 = -1;

/// Bytes of an answer's head, and of each partition in it, roughly.
const HEAD_BYTES: usize = 64;
const PARTITION_BYTES: usize = 96;

/// What the client is told of one partition.
#[derive(Debug)]
pub(super) struct Answered {
    /// Name of the topic, where topics are named by that.
    pub(super) topic: KafkaString,
    /// Id of the topic, where topics are named by that.
    pub(super) topic_id: Uuid,
    /// Number of the partition.
    pub(super) index: i32,
    pub(super) error: ErrorCode,
    pub(super) high_watermark: i64,
    pub(super) last_stable_offset: i64,
    pub(super) log_start_offset: i64,
    pub(super) diverging: Option<OffsetAndEpoch>,
    pub(super) aborted_transactions: Option<Vec<AbortedTransaction>>,
    pub(super) slice: Option<LogSlice>,
    /// Who leads the partition, if this node does not.
    pub(super) current_leader: Option<CurrentLeader>,
    /// Whose counters the bytes go to.
    pub(super) state: Option<Arc<TopicState>>,
}

impl Answered {
    pub(super) fn new(target: &Target, result: PartitionResult, version: i16) -> Self {
        let (topic, topic_id) = target.topic_names();
        let error = match result.error {
            ErrorCode::KafkaStorageError if version <= OLD_STORAGE_ERROR_VERSION_MAX => {
                ErrorCode::NotLeaderOrFollower
            }
            error => error,
        };
        Self {
            topic,
            topic_id,
            index: target.wanted.key.index,
            error,
            high_watermark: result.high_watermark,
            last_stable_offset: result.last_stable_offset,
            log_start_offset: result.log_start_offset,
            diverging: result.diverging,
            aborted_transactions: match error {
                // Of what is not there Kafka says that nothing in it was aborted, at any isolation.
                ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId => Some(Vec::new()),
                _ => result.aborted_transactions,
            },
            slice: result.slice,
            current_leader: None,
            state: target.topic.clone(),
        }
    }

    /// Nothing known, of no topic.
    #[cfg(test)]
    pub(super) fn nothing() -> Self {
        Self {
            topic: KafkaString::EMPTY,
            topic_id: Uuid::ZERO,
            index: 0,
            error: ErrorCode::None,
            high_watermark: 0,
            last_stable_offset: 0,
            log_start_offset: 0,
            diverging: None,
            aborted_transactions: None,
            slice: None,
            current_leader: None,
            state: None,
        }
    }

    fn is_of_topic_of(&self, other: &Self) -> bool {
        self.topic_id == other.topic_id && self.topic == other.topic
    }
}

/// An answer with what the partitions gave.
pub(super) fn reply(
    broker: &Arc<Broker>,
    context: &RequestContext,
    session_id: i32,
    answers: &mut [Answered],
) -> Reply {
    for answered in &*answers {
        if let (Some(slice), Some(state)) = (&answered.slice, &answered.state) {
            state.metrics.bytes_out.add(slice.len.into());
        }
    }
    let head = Head { error: ErrorCode::None, session_id, ..Head::of(context) };
    let is_elsewhere = |error| matches!(error, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch);
    let has_hints =
        head.version >= HINTS_VERSION_MIN && answers.iter().any(|answered| is_elsewhere(answered.error));
    let endpoints = match has_hints {
        true => tell_leaders(answers, is_elsewhere, broker, context),
        false => Vec::new(),
    };
    Reply::Pieces(encode(&head, answers, &endpoints))
}

/// Tells who leads the partitions that this node does not; where they are.
fn tell_leaders(
    answers: &mut [Answered],
    is_elsewhere: impl Fn(ErrorCode) -> bool,
    broker: &Broker,
    context: &RequestContext,
) -> Vec<NodeEndpoint> {
    let image = broker.metadata.image();
    let mut leaders = Leaders::new(&image, context.connection.endpoint.listener.as_str());
    for answered in answers.iter_mut().filter(|answered| is_elsewhere(answered.error)) {
        let name = Named::Id(answered.topic_id);
        answered.current_leader = Some(leaders.of(name, answered.index));
    }
    let endpoint = |LeaderEndpoint { id: node_id, host, port, rack }| NodeEndpoint {
        node_id,
        host,
        port,
        rack,
        ..NodeEndpoint::default()
    };
    leaders.endpoints.into_iter().map(endpoint).collect()
}

/// An answer with nothing but an error.
pub(super) fn error_reply(context: &RequestContext, error: ErrorCode, session_id: i32) -> Reply {
    Reply::Pieces(encode(&Head { error, session_id, ..Head::of(context) }, &[], &[]))
}

/// What stands before the partitions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) version: i16,
    pub(super) correlation_id: i32,
    pub(super) error: ErrorCode,
    pub(super) session_id: i32,
}

impl Head {
    fn of(context: &RequestContext) -> Self {
        Self {
            version: context.api_version,
            correlation_id: context.correlation_id,
            error: ErrorCode::None,
            session_id: 0,
        }
    }
}

/// The response with its header: bytes, and between them the parts of files.
pub(super) fn encode(head: &Head, answers: &[Answered], endpoints: &[NodeEndpoint]) -> Vec<Piece> {
    let layout = Layout::new(head.version, FetchResponse::FLEXIBLE);
    let slices = answers.iter().filter(|answered| answered.slice.is_some()).count();
    let mut out = Out {
        pieces: Vec::with_capacity(2 * slices + 1),
        buffer: BytesMut::with_capacity(HEAD_BYTES + PARTITION_BYTES * answers.len()),
        layout,
    };
    out.head(head, answers.chunk_by(Answered::is_of_topic_of).count());
    for of_topic in answers.chunk_by(Answered::is_of_topic_of) {
        out.topic(of_topic);
    }
    match endpoints {
        [] => no_tags(&mut out.writer(), layout),
        endpoints => endpoints_tag(&mut out.writer(), layout, endpoints),
    }
    out.cut();
    out.pieces
}

/// A response being written.
struct Out {
    pieces: Vec<Piece>,
    buffer: BytesMut,
    layout: Layout,
}

impl Out {
    fn writer(&mut self) -> Writer<'_> {
        Writer::new(&mut self.buffer)
    }

    /// Ends a piece of bytes.
    fn cut(&mut self) {
        if !self.buffer.is_empty() {
            self.pieces.push(Piece::Bytes(self.buffer.split().freeze()));
        }
    }

    fn head(&mut self, head: &Head, topics: usize) {
        const THROTTLE_TIME_MS: i32 = 0;
        let layout = self.layout;
        let mut writer = self.writer();
        writer.put(&head.correlation_id.to_be_bytes());
        if ApiKey::Fetch.response_header_version(head.version) > 0 {
            writer.put(&[0]);
        }
        writer.put(&THROTTLE_TIME_MS.to_be_bytes());
        if head.version >= SESSION_VERSION_MIN {
            writer.put(&head.error.number().to_be_bytes());
            writer.put(&head.session_id.to_be_bytes());
        }
        writer.put_len(topics, layout);
    }

    fn topic(&mut self, of_topic: &[Answered]) {
        let Some(first) = of_topic.first() else { return };
        let layout = self.layout;
        let mut writer = self.writer();
        match layout.version >= TOPIC_ID_VERSION_MIN {
            true => writer.put(&first.topic_id.0),
            false => writer.put_string(&first.topic, layout),
        }
        writer.put_len(of_topic.len(), layout);
        drop(writer);
        of_topic.iter().for_each(|answered| self.partition(answered));
        no_tags(&mut self.writer(), layout);
    }

    fn partition(&mut self, answered: &Answered) {
        let layout = self.layout;
        let mut writer = self.writer();
        writer.put(&answered.index.to_be_bytes());
        writer.put(&answered.error.number().to_be_bytes());
        writer.put(&answered.high_watermark.to_be_bytes());
        writer.put(&answered.last_stable_offset.to_be_bytes());
        if layout.version >= LOG_START_VERSION_MIN {
            writer.put(&answered.log_start_offset.to_be_bytes());
        }
        aborted_transactions(&mut writer, layout, answered.aborted_transactions.as_deref());
        if layout.version >= PREFERRED_REPLICA_VERSION_MIN {
            writer.put(&NO_PREFERRED_REPLICA.to_be_bytes());
        }
        writer.put_len(answered.slice.as_ref().map_or(0, |slice| slice.len as usize), layout);
        drop(writer);
        if let Some(slice) = &answered.slice {
            self.cut();
            self.pieces.push(Piece::File(FilePiece {
                file: Arc::clone(&slice.file),
                position: slice.position.into(),
                len: slice.len as usize,
            }));
        }
        if layout.flexible {
            partition_tags(&mut self.writer(), answered);
        }
    }
}

fn aborted_transactions(writer: &mut Writer<'_>, layout: Layout, aborted: Option<&[AbortedTransaction]>) {
    let Some(aborted) = aborted else { return writer.put_null(layout) };
    writer.put_len(aborted.len(), layout);
    for transaction in aborted {
        writer.put(&transaction.producer_id.0.to_be_bytes());
        writer.put(&transaction.first_offset.0.to_be_bytes());
        no_tags(writer, layout);
    }
}

fn no_tags(writer: &mut Writer<'_>, layout: Layout) {
    if layout.flexible {
        writer.put(&[0]);
    }
}

/// The tagged fields of a partition: where logs part, and who leads. Both are structs without tagged fields of their own.
fn partition_tags(writer: &mut Writer<'_>, answered: &Answered) {
    const DIVERGING: u8 = 0;
    const DIVERGING_SIZE: u8 = 4 + 8 + 1;
    const LEADER: u8 = 1;
    const LEADER_SIZE: u8 = 4 + 4 + 1;
    let leader = answered.current_leader.filter(|leader| *leader != CurrentLeader::NONE);
    writer.put(&[u8::from(answered.diverging.is_some()) + u8::from(leader.is_some())]);
    if let Some(diverging) = answered.diverging {
        writer.put(&[DIVERGING, DIVERGING_SIZE]);
        writer.put(&diverging.leader_epoch.0.to_be_bytes());
        writer.put(&diverging.offset.0.to_be_bytes());
        writer.put(&[0]);
    }
    if let Some(leader) = leader {
        writer.put(&[LEADER, LEADER_SIZE]);
        writer.put(&leader.id.to_be_bytes());
        writer.put(&leader.epoch.to_be_bytes());
        writer.put(&[0]);
    }
}

/// The tagged field of the whole answer.
fn endpoints_tag(writer: &mut Writer<'_>, layout: Layout, endpoints: &[NodeEndpoint]) {
    const ENDPOINTS: u32 = 0;
    writer.put(&[1]);
    write_tagged(&endpoints.to_vec(), writer, layout, ENDPOINTS);
}
