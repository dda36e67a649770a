//! Frames, headers and bodies that lie.

use anyhow::{bail, ensure};
use ottla_rival::Node;
use ottla_wire::ErrorCode;
use ottla_wire::api::api_versions::ApiVersionsRequest;
use ottla_wire::api::{APIS, ApiKey, RequestBody, ResponseBody};

use super::Attack;
use crate::raw::{Raw, read, request_of};

/// One byte more than `socket.request.max.bytes` allows.
const TOO_LONG: i32 = 100 * 1024 * 1024 + 1;

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        name: "a web browser",
        run: |node| hangs_up(node, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    },
    Attack {
        name: "a TLS client",
        run: |node| hangs_up(node, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    },
    Attack { name: "garbage", run: garbage },
    Attack { name: "a negative length", run: |node| hangs_up(node, &(-1_i32).to_be_bytes()) },
    Attack {
        name: "a length above socket.request.max.bytes",
        run: |node| hangs_up(node, &TOO_LONG.to_be_bytes()),
    },
    Attack { name: "an empty frame", run: |node| frame_hangs_up(node, b"") },
    Attack { name: "half a header", run: |node| frame_hangs_up(node, b"\0\x03\0") },
    Attack { name: "an unknown API", run: |node| frame_hangs_up(node, &request_of(9999, 0, b"")?) },
    Attack { name: "a negative API", run: |node| frame_hangs_up(node, &request_of(-1, 0, b"")?) },
    Attack {
        name: "an API of the past",
        run: |node| frame_hangs_up(node, &request_of(4, 0, b"\0\0\0\0\0\0\0\0")?),
    },
    Attack {
        name: "an unknown version of Metadata",
        run: |node| frame_hangs_up(node, &request_of(3, 99, b"\0\0\0\0")?),
    },
    Attack {
        name: "a version of Produce that is gone",
        run: |node| frame_hangs_up(node, &request_of(0, 2, b"\0\x01\0\0\0\0\0\0\0\0")?),
    },
    Attack { name: "an unknown version of ApiVersions", run: newer_api_versions },
    Attack {
        name: "a count of two thousand million topics",
        run: |node| frame_hangs_up(node, &request_of(3, 1, b"\x7f\xff\xff\xff")?),
    },
    Attack {
        name: "a compact count beyond all bytes",
        run: |node| frame_hangs_up(node, &request_of(3, 12, b"\xff\xff\xff\xff\x07\0\0\0")?),
    },
    Attack {
        name: "a string longer than its frame",
        run: |node| frame_hangs_up(node, &request_of(3, 1, b"\0\0\0\x01\x7f\xffx")?),
    },
    Attack {
        name: "a varint that never ends",
        run: |node| frame_hangs_up(node, &request_of(3, 12, &[0xff; 64])?),
    },
    Attack { name: "frames announced and never sent", run: announced },
    Attack { name: "a thousand connections that say nothing", run: crowd },
    Attack { name: "random bodies for every API and version", run: random_bodies },
];

fn hangs_up(node: &Node<'_>, bytes: &[u8]) -> anyhow::Result<()> {
    let mut connection = Raw::connect(node)?;
    connection.send(bytes);
    connection.must_hang_up()
}

fn frame_hangs_up(node: &Node<'_>, frame: &[u8]) -> anyhow::Result<()> {
    let mut connection = Raw::connect(node)?;
    connection.send_frame(frame);
    connection.must_hang_up()
}

/// Bytes that look like nothing, behind a length that is small enough.
fn garbage(node: &Node<'_>) -> anyhow::Result<()> {
    let mut random = Random(1);
    for len in [1, 7, 100, 10_000] {
        let frame: Vec<u8> = (0..len).map(|_| random.byte() | 0x80).collect();
        frame_hangs_up(node, &frame)?;
    }
    Ok(())
}

/// A client from the future learns what the node speaks.
fn newer_api_versions(node: &Node<'_>) -> anyhow::Result<()> {
    let mut connection = Raw::connect(node)?;
    connection.send_frame(&request_of(ApiKey::ApiVersions.number(), 99, b"")?);
    let Some(answer) = connection.receive()? else { bail!("the node hung up") };
    let ResponseBody::ApiVersions(answer) = read(ApiKey::ApiVersions, 0, answer)? else {
        bail!("another answer")
    };
    ensure!(answer.error_code == ErrorCode::UnsupportedVersion as i16, "error {}", answer.error_code);
    ensure!(answer.api_keys.iter().any(|api| api.api_key == 18), "the versions of ApiVersions are not told");
    let request = ApiVersionsRequest {
        client_software_name: "raw".into(),
        client_software_version: "1".into(),
        ..ApiVersionsRequest::default()
    };
    connection.ask(3, &RequestBody::ApiVersions(request))?;
    Ok(())
}

/// Lengths of 30 MiB each, a few bytes of each frame, and then silence.
fn announced(node: &Node<'_>) -> anyhow::Result<()> {
    let mut waiting = Vec::new();
    for _ in 0..5 {
        let mut connection = Raw::connect(node)?;
        connection.send(&(30_i32 << 20).to_be_bytes());
        connection.send(&[0; 100]);
        waiting.push(connection);
    }
    Ok(())
}

fn crowd(node: &Node<'_>) -> anyhow::Result<()> {
    let crowd: anyhow::Result<Vec<Raw>> = (0..1000).map(|_| Raw::connect(node)).collect();
    crowd.map(drop)
}

/// The node may answer or hang up; it may not fall over.
fn random_bodies(node: &Node<'_>) -> anyhow::Result<()> {
    let mut random = Random(2);
    for api in APIS {
        for version in api.request.valid.iter() {
            let body: Vec<u8> = (0..random.byte()).map(|_| random.byte()).collect();
            let mut connection = Raw::connect(node)?;
            connection.send_frame(&request_of(api.key.number(), version, &body)?);
            // So that a request without an answer, as a Produce with acks=0, ends this, too.
            connection.send_frame(&request_of(ApiKey::ApiVersions.number(), 0, b"")?);
            connection.receive()?;
        }
    }
    Ok(())
}

/// The same numbers each time.
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }
}
