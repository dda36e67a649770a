//! Keys and values of records as text.

mod cluster_metadata;
mod consumer_protocol;
mod coordinator;
mod frame;
pub(super) mod kafka_reader;
mod message;
mod plain;
mod remote_log_metadata;

use std::borrow::Cow;

use ottla_record::Record;

pub(super) use cluster_metadata::ClusterMetadata;
pub(super) use coordinator::Coordinator;
pub(super) use plain::{Class, Plain};
pub(super) use remote_log_metadata::RemoteLogMetadata;

/// A record's key and value as they are printed; `None` is not printed at all.
#[derive(Debug, Default)]
pub(super) struct Decoded<'a> {
    pub(super) key: Option<Cow<'a, str>>,
    pub(super) value: Option<Cow<'a, str>>,
}

/// Makes text of records.
pub(super) trait Decoder {
    /// Fails only where Kafka's tool would end; what else is wrong with a record is told in its text.
    fn decode<'a>(&self, record: &Record<'a>) -> anyhow::Result<Decoded<'a>>;
}
