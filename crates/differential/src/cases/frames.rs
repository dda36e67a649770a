//! Frames and headers that lie.

use ottla_wire::api::ApiKey::{ApiVersions, Heartbeat, Metadata};
use serde_json::{Value, json};

use super::{Script, at_edges, script};
use crate::play::Play;
use crate::request;

pub(super) const SCRIPTS: &[Script] = &[
    at_edges("bytes that are no frame", Metadata, raw),
    at_edges("headers of no API", Metadata, strangers),
    script("headers that break off", Heartbeat, broken),
    script("names of clients", Heartbeat, clients),
    at_edges("requests in a row", Heartbeat, in_a_row),
    at_edges("clients that are not asked who they are", ApiVersions, anonymous),
];

fn raw(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for bytes in [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".as_slice(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\xff\xff\xff\xff",
        b"\x80\0\0\0",
        b"\x7f\xff\xff\xff",
        b"\x06\x40\0\x01",
        b"\0\0\0\0",
        b"\0\0\0\x01\0",
        b"\0\0\0\x03\0\x03\0",
    ] {
        play.ask_raw(bytes)?;
    }
    Ok(())
}

fn strangers(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for (key, version) in [
        (9999, 0),
        (-1, 0),
        (i16::MAX, 0),
        (4, 0),
        (5, 0),
        (6, 0),
        (7, 0),
        (7, 1),
        (93, 0),
        (94, 0),
        (52, 0),
        (56, 2),
        (62, 0),
        (63, 0),
        (67, 0),
        (70, 0),
        (58, 0),
        (82, 0),
        (71, 0),
        (72, 0),
        (0, 0),
        (0, 2),
        (1, 3),
        (2, 0),
        (3, 14),
        (3, 99),
        (3, -1),
        (11, 10),
        (19, 1),
    ] {
        for header_version in [1, 2] {
            let number = play.next_correlation();
            let frame = request::header(key, version, number, header_version)?;
            play.ask_frame(Metadata, 1, &frame)?;
        }
    }
    Ok(())
}

/// A request that changes nothing and is short.
fn nobody() -> Value {
    json!({ "groupId": "absent", "generationId": 1, "memberId": "nobody" })
}

fn broken(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let (api, version) = play.walked();
    let number = play.next_correlation();
    let frame = request::encode(api, version, number, &nobody())?;
    for len in 0..frame.len() {
        play.ask_frame(api, version, &frame[..len])?;
    }
    Ok(())
}

fn clients(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let (api, version) = play.walked();
    let body = request::encode(api, version, 0, &nobody())?;
    let is_flexible = api.request_header_version(version) == 2;
    let body = &body[10 + request::CLIENT.len() + usize::from(is_flexible)..];
    let long = [b"\x7f\xff".as_slice(), &[b'x'; 32767]].concat();
    for client in [
        b"\xff\xff".as_slice(),
        b"\0\0",
        b"\0\x01x",
        b"\xff\xfe",
        b"\x80\0",
        b"\0\x02\xff\xfe",
        b"\0\x01\0",
        &long,
    ] {
        let number = play.next_correlation();
        let mut frame = request::header(api.number(), version, number, 1)?[..8].to_vec();
        frame.extend_from_slice(client);
        if is_flexible {
            frame.push(0);
        }
        frame.extend_from_slice(body);
        play.ask_frame(api, version, &frame)?;
    }
    if is_flexible {
        for tags in [
            b"\x01\x07\x02ab".as_slice(),
            b"\x01\0\0",
            b"\x02\x01\0\x01\0",
            b"\x01\x05\x09a",
            b"\xff\xff\xff\xff\x0f",
        ] {
            let number = play.next_correlation();
            let mut frame = request::header(api.number(), version, number, 1)?.to_vec();
            frame.extend_from_slice(tags);
            frame.extend_from_slice(body);
            play.ask_frame(api, version, &frame)?;
        }
    }
    Ok(())
}

fn in_a_row(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for _ in 0..20 {
        play.send(Heartbeat, nobody())?;
    }
    for _ in 0..20 {
        play.receive()?;
    }
    Ok(())
}

/// ApiVersions may come at any time, and more than once.
fn anonymous(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.ask(Heartbeat, nobody())?;
    for _ in 0..2 {
        play.ask(ApiVersions, json!({ "clientSoftwareName": "a", "clientSoftwareVersion": "1" }))?;
    }
    Ok(())
}
