//! Requests as a broker meets them: a frame of any API at any version.

use bytes::{Bytes, BytesMut};
use ottla_wire::Message;
use ottla_wire::api::{APIS, RequestBody, decode_request_header, encode_request};
use ottla_wire::header::RequestHeader;
use ottla_wire::messages::MessageType;

use super::message::assert_is_of_tags;
use crate::Target;

pub(super) const TARGET: Target = Target { name: "request", run, seeds };

/// What was read must be written, and read again the same; but for tags that Kafka reads and does not write.
fn run(input: &[u8]) {
    let mut frame = Bytes::copy_from_slice(input);
    let Ok((key, header)) = decode_request_header(&mut frame) else { return };
    let version = header.request_api_version;
    let Ok(body) = RequestBody::decode(key, version, frame) else { return };
    let mut written = BytesMut::new();
    if let Err(error) = encode_request(&header, &body, &mut written) {
        return assert_is_of_tags(&error);
    }
    let mut again = written.clone().freeze();
    let (read_key, read_header) = decode_request_header(&mut again).expect("we wrote it");
    assert_eq!((read_key, &read_header), (key, &header));
    assert_eq!(again.len(), body.encoded_len(version).expect("it was written"));
    let read_body = RequestBody::decode(key, version, again).expect("we wrote it");
    // Not compared as messages: a NaN in a quota differs from itself.
    let mut rewritten = BytesMut::new();
    encode_request(&read_header, &read_body, &mut rewritten).expect("it was written before");
    assert_eq!(rewritten, written);
}

/// Each request at its defaults, at its lowest and its highest version.
fn seeds() -> Vec<Vec<u8>> {
    let versions = APIS.iter().flat_map(|api| [(api, api.versions().first), (api, api.versions().last)]);
    let frame = |(api, version): (&&ottla_wire::api::Api, i16)| {
        let header = RequestHeader {
            request_api_key: api.key.number(),
            request_api_version: version,
            client_id: Some("fuzz".into()),
            ..RequestHeader::default()
        };
        let mut frame = BytesMut::new();
        header.encode(api.key.request_header_version(version), &mut frame).ok()?;
        let body = MessageType::named(api.request.name)?;
        (body.default)().encode(version, &mut frame).ok()?;
        Some(frame.to_vec())
    };
    versions.filter_map(frame).collect()
}
