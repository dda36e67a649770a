//! The headers before each request and response.

use crate::codec::UnknownTaggedFields;
use crate::{KafkaString, Message};

/// Precedes every request on the wire. Version 2 goes with flexible request versions, version 1 with all
/// others.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(header, valid = "1-2", flexible = "2+")]
pub struct RequestHeader {
    /// API key that tells how to read the body.
    pub request_api_key: i16,
    /// Version of the API the body is written in.
    pub request_api_version: i16,
    /// Number chosen by the client and echoed in the response header.
    pub correlation_id: i32,
    /// Free name of the client for logs, metrics and quotas; may be null.
    #[field(nullable = "1+", flexible = "none")]
    pub client_id: Option<KafkaString>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}

/// Precedes every response on the wire. `ApiVersionsResponse` always uses version 0; otherwise version 1 goes
/// with flexible response versions.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(header, valid = "0-1", flexible = "1+")]
pub struct ResponseHeader {
    /// Copied from the request that this response answers.
    pub correlation_id: i32,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
