//! Header and body together, as they stand in a frame behind its 32-bit size.

use bytes::{Buf, Bytes, BytesMut};

use super::{ApiKey, RequestBody, ResponseBody};
use crate::Message;
use crate::codec::UnknownTaggedFields;
use crate::error::{Cause, DecodeError, EncodeError, Fault};
use crate::header::{RequestHeader, ResponseHeader};
use crate::records::{frame_fault, unknown_type};

/// Reads a request's header from the front of `bytes` and moves `bytes` to the body.
///
/// The version in the header is not checked: a broker answers an unknown version of `ApiVersions` with
/// version 0, and closes the connection on others.
///
/// # Errors
///
/// The API is unknown or the header is malformed.
pub fn decode_request_header(bytes: &mut Bytes) -> Result<(ApiKey, RequestHeader), DecodeError> {
    let mut front = bytes.clone();
    let remaining = front.len();
    let (Ok(key), Ok(version)) = (front.try_get_i16(), front.try_get_i16()) else {
        let fault = Fault { cause: Cause::Truncated { needed: 4, remaining }, position: 0 };
        return Err(frame_fault("request header", fault));
    };
    let key = ApiKey::from_number(key).ok_or_else(|| unknown_type("request", key))?;
    let header = RequestHeader::decode_prefix(bytes, key.request_header_version(version))?;
    Ok((key, header))
}

/// Appends a request: its header, of the version that goes with it, and its body.
///
/// API and version are those of the header, which must be of the body's API.
///
/// # Errors
///
/// The body cannot be written at the version; then `buffer` is left as it was.
///
/// # Panics
///
/// If header and body are of different APIs.
pub fn encode_request(
    header: &RequestHeader,
    body: &RequestBody,
    buffer: &mut BytesMut,
) -> Result<(), EncodeError> {
    let (key, version) = (body.api_key(), header.request_api_version);
    assert_eq!(header.request_api_key, key.number(), "header of another API than the body's, {key}");
    let start = buffer.len();
    header.encode(key.request_header_version(version), buffer)?;
    body.encode(version, buffer).inspect_err(|_| buffer.truncate(start))
}

/// Appends a response at `version`: its header, of the version that goes with it, and its body.
///
/// # Errors
///
/// The body cannot be written at the version; then `buffer` is left as it was.
pub fn encode_response(
    correlation_id: i32,
    body: &ResponseBody,
    version: i16,
    buffer: &mut BytesMut,
) -> Result<(), EncodeError> {
    let start = buffer.len();
    let header = ResponseHeader { correlation_id, unknown_tagged_fields: UnknownTaggedFields::default() };
    header.encode(body.api_key().response_header_version(version), buffer)?;
    body.encode(version, buffer).inspect_err(|_| buffer.truncate(start))
}
