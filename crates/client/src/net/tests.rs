//! Connections to nodes in memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ottla_wire::Versions;
use ottla_wire::api::api_versions::ApiVersionsRequest;
use ottla_wire::api::metadata::MetadataRequest;
use ottla_wire::api::{ApiKey, RequestBody};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Connection, ConnectionError, Peer, Pool, Purpose};
use crate::config::Address;
use crate::error::CallError;
use crate::testing::{Answer, Asked, Nodes, config, metadata};

const SECOND: Duration = Duration::from_secs(1);

fn pool(nodes: &Nodes) -> Pool {
    Pool::new(Arc::new(config()), Box::new(nodes.clone()))
}

async fn connect(pool: &Pool) -> Result<Connection, ConnectionError> {
    pool.connection(Peer::Node(1), Purpose::General, &Address::new("memory", 9001)).await
}

async fn ask(connection: &Connection) -> Result<i32, CallError> {
    let request = MetadataRequest::default();
    connection.call(&request, Versions::ALL, SECOND).await.map(|response| response.controller_id)
}

#[tokio::test(start_paused = true)]
async fn answers_find_their_requests_in_order() {
    let mut controller = 0;
    let nodes = Nodes::new(move |_| {
        controller += 1;
        metadata(controller, &[]).into()
    });
    let connection = connect(&pool(&nodes)).await.unwrap();
    let request = MetadataRequest::default();
    let first = connection.send(&request, 12, SECOND).await.unwrap();
    let second = connection.send(&request, 1, SECOND).await.unwrap();
    assert_eq!(second.answer().await.unwrap().controller_id, 2);
    assert_eq!(first.answer().await.unwrap().controller_id, 1);
    let versions: Vec<_> = nodes.log().iter().map(|asked| asked.version).collect();
    assert_eq!(versions, [12, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_silent_loses_its_connection() {
    let nodes = Nodes::new(|_| Answer::Nothing);
    let connection = connect(&pool(&nodes)).await.unwrap();
    let started = Instant::now();
    let error = ask(&connection).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer to Metadata within 1000 ms");
    assert_eq!(started.elapsed(), SECOND);
    assert!(!connection.is_open());
    assert!(ask(&connection).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn wrong_answers_end_the_connection() {
    for (raw, expected) in [
        (&b"\0\0\0\x05\0\0\0\x07\0"[..], "the node answered request 7 where the answer to Some(1) was due"),
        (b"\x7f\0\0\0", "the node announced an answer of 2130706432 bytes, 4 to 268435456 are allowed"),
        (b"\0\0\0\x06\0\0\0\x01\0\0", "the node's answer is malformed: MetadataResponse version 13"),
        (b"\0\0", "no answer to Metadata within 1000 ms"),
    ] {
        let nodes = Nodes::new(move |_| Answer::Raw(Bytes::from_static(raw)));
        let connection = connect(&pool(&nodes)).await.unwrap();
        let error = ask(&connection).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!connection.is_open());
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_fly_than_allowed() {
    let (release, held) = oneshot::channel();
    let mut held = Some(held);
    let nodes = Nodes::new(move |_| match held.take() {
        Some(held) => Answer::Later(held),
        None => metadata(1, &[]).into(),
    });
    let mut config = config();
    config.in_flight_max = 2;
    let pool = Pool::new(Arc::new(config), Box::new(nodes.clone()));
    let connection = connect(&pool).await.unwrap();
    let request = MetadataRequest::default();
    let first = connection.send(&request, 12, SECOND).await.unwrap();
    let second = connection.send(&request, 12, SECOND).await.unwrap();
    let third = connection.send(&request, 12, SECOND);
    assert!(tokio::time::timeout(SECOND / 2, third).await.is_err());
    assert_eq!(connection.in_flight(), 2);
    release.send(metadata(1, &[]).into()).unwrap();
    first.answer().await.unwrap();
    second.answer().await.unwrap();
    assert!(ask(&connection).await.is_ok());
    assert_eq!(connection.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_gone_is_tried_again_ever_later() {
    let nodes = Nodes::new(|_| metadata(1, &[]).into());
    nodes.set_down(9001, true);
    let pool = pool(&nodes);
    let started = Instant::now();
    for _ in 0..4 {
        assert!(matches!(connect(&pool).await, Err(ConnectionError::Connect { .. })));
    }
    let waited = started.elapsed();
    assert!((280..=421).contains(&waited.as_millis()), "{waited:?}");
    nodes.set_down(9001, false);
    let connection = connect(&pool).await.unwrap();
    assert!(ask(&connection).await.is_ok());
    assert_eq!(nodes.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unused_connection_closes() {
    let nodes = Nodes::new(|_| metadata(1, &[]).into());
    let pool = pool(&nodes);
    let connection = connect(&pool).await.unwrap();
    tokio::time::sleep(Duration::from_secs(299)).await;
    assert!(connection.is_open());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!connection.is_open());
    let started = Instant::now();
    assert!(connect(&pool).await.unwrap().is_open());
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn versions_are_the_highest_that_both_know() {
    let nodes = Nodes::new(|_| metadata(1, &[]).into());
    nodes.set_versions(ApiKey::Metadata, 0, 7);
    let connection = connect(&pool(&nodes)).await.unwrap();
    ask(&connection).await.unwrap();
    assert_eq!(nodes.log()[0].version, 7);
    let error = connection.call(&MetadataRequest::default(), Versions::new(8, 9), SECOND).await.unwrap_err();
    assert_eq!(error.to_string(), "the node has Metadata in versions 0-7, the client wants 8-9");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_lacks_the_version_of_the_first_request_is_asked_again() {
    // Stands in for an old node: answers version 0 with UNSUPPORTED_VERSION whatever was asked, then well.
    let (client, mut node) = tokio::io::duplex(1 << 16);
    let served = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut asked = Vec::new();
        for answer in [
            &b"\0\0\0\x10\0\0\0\0\0\x23\0\0\0\x01\0\x12\0\0\0\x02"[..],
            b"\0\0\0\x14\0\0\0\x01\0\0\0\0\0\x01\0\x03\0\0\0\x04\0\0\0\0",
        ] {
            let size = node.read_u32().await.unwrap();
            let mut frame = vec![0; size as usize];
            node.read_exact(&mut frame).await.unwrap();
            asked.push(i16::from_be_bytes([frame[2], frame[3]]));
            node.write_all(answer).await.unwrap();
        }
        asked
    });
    let settings = super::connection::ConnectionSettings {
        client_id: "test".into(),
        in_flight_max: 1,
        response_bytes_max: 1000,
        idle: None,
    };
    let connection = Connection::start(Box::new(client), settings);
    super::negotiate::negotiate(&connection, SECOND).await.unwrap();
    assert_eq!(connection.versions().of(ApiKey::Metadata), Versions::new(0, 4));
    assert_eq!(served.await.unwrap(), [4, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_request_says_who_asks() {
    let nodes = Nodes::new(|_| Answer::Close);
    connect(&pool(&nodes)).await.unwrap();
    let names = |asked: &Asked| match &asked.body {
        RequestBody::ApiVersions(ApiVersionsRequest { client_software_name, .. }) => {
            client_software_name.to_string()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(nodes.everything().iter().map(names).collect::<Vec<_>>(), ["ottla"]);
}
