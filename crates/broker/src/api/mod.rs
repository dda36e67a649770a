//! The APIs this node serves, one file each, and the table they stand in.
//!
//! The table decides what ApiVersions says and where a request goes.

mod context;
mod reply;

#[path = "18_api_versions.rs"]
mod api_versions;
#[path = "21_delete_records.rs"]
mod delete_records;
#[path = "35_describe_log_dirs.rs"]
mod describe_log_dirs;
#[path = "61_describe_producers.rs"]
mod describe_producers;
#[path = "01_fetch/mod.rs"]
mod fetch;
#[path = "02_list_offsets.rs"]
mod list_offsets;
#[path = "23_offset_for_leader_epoch.rs"]
mod offset_for_leader_epoch;
#[path = "00_produce/mod.rs"]
mod produce;

use std::pin::Pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use ottla_wire::api::ApiKey;
use ottla_wire::{DecodeError, Message};

pub(crate) use context::{ClientSoftware, Connection, RequestContext};
pub(crate) use reply::{FilePiece, Piece, Reply};

use crate::broker::Broker;

/// An answer on its way.
pub(crate) type ReplyFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// What has become of a request after its first step.
pub(crate) enum Started {
    /// It is answered.
    Done(Reply),
    /// It waits for something.
    Waiting(ReplyFuture),
}

/// The body of a request whose header said something that the body does not hold to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// The listener does not serve the API, or not at this version.
    #[error("{api} version {version} is not served on listener {listener}")]
    NotServed {
        /// The API.
        api: ApiKey,
        /// The version.
        version: i16,
        /// The listener.
        listener: String,
    },
    /// The body is malformed.
    #[error("malformed request: {0}")]
    Malformed(#[from] DecodeError),
}

macro_rules! served {
    (
        raw { $($raw:ident => $raw_module:ident,)* }
        $($name:ident => $module:ident,)*
    ) => {
        /// The APIs this node serves, by key.
        pub(crate) const SERVED: &[ApiKey] = &[$(ApiKey::$raw,)* $(ApiKey::$name,)*];

        /// Starts a request, whose version is one that is served.
        ///
        /// # Errors
        ///
        /// If the body is malformed; Kafka closes the connection then.
        pub(crate) fn start(
            broker: &Arc<Broker>,
            context: RequestContext,
            body: BytesMut,
        ) -> Result<Started, RequestError> {
            match context.api_key {
                $(ApiKey::$raw => $raw_module::start(broker, context, body),)*
                $(ApiKey::$name => {
                    let request = decode(body.freeze(), context.api_version)?;
                    let broker = Arc::clone(broker);
                    Ok(Started::Waiting(Box::pin(async move {
                        Reply::message($module::handle(&broker, &context, request).await)
                    })))
                })*
                _ => Err(context.not_served()),
            }
        }
    };
}

served! {
    raw {
        Produce => produce,
        Fetch => fetch,
    }
    ListOffsets => list_offsets,
    ApiVersions => api_versions,
    DeleteRecords => delete_records,
    OffsetForLeaderEpoch => offset_for_leader_epoch,
    DescribeLogDirs => describe_log_dirs,
    DescribeProducers => describe_producers,
}

/// Whether this node serves the API at all.
pub(crate) fn is_served(key: ApiKey) -> bool {
    served_index(key).is_some()
}

/// Where the API stands in [`SERVED`].
pub(crate) fn served_index(key: ApiKey) -> Option<usize> {
    let index = *INDEX_OF_KEY.get(key as usize)?;
    (index != NOT_SERVED).then_some(usize::from(index))
}

const NOT_SERVED: u8 = u8::MAX;

/// [`SERVED`], by key.
static INDEX_OF_KEY: [u8; 128] = {
    let mut table = [NOT_SERVED; 128];
    let mut index = 0;
    while index < SERVED.len() {
        table[SERVED[index] as usize] = index as u8;
        index += 1;
    }
    table
};

fn decode<M: Message>(body: Bytes, version: i16) -> Result<M, RequestError> {
    Ok(M::decode(body, version)?)
}

pub(crate) use api_versions::unsupported_version as unsupported_api_versions;
