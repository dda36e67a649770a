//! Batches of a transaction keep the order in which a client sends them, however long its coordinator takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ottla_wire::api::add_partitions_to_txn::AddPartitionsToTxnTransaction;
use ottla_wire::api::{ApiKey, RequestBody, ResponseBody, encode_request};
use ottla_wire::header::RequestHeader;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::super::{Membership, MembershipFuture};
use super::scene::{Producer, Scene, produce_request, transactional};
use crate::net::{ConnectionOptions, ConnectionTask};

const VERSION: i16 = 12;
/// Correlation id and tagged fields of a response's header.
const RESPONSE_HEADER: usize = 5;

/// The first answer comes after all that are asked for later.
#[derive(Debug)]
struct SlowAtFirst {
    membership: Arc<dyn Membership>,
    asked: AtomicUsize,
}

impl Membership for SlowAtFirst {
    fn ask(&self, transaction: AddPartitionsToTxnTransaction) -> MembershipFuture<'_> {
        Box::pin(async move {
            if self.asked.fetch_add(1, Ordering::Relaxed) == 0 {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            self.membership.ask(transaction).await
        })
    }
}

fn frame(producer: Producer, sequence: i32) -> Bytes {
    let body = RequestBody::from(produce_request(VERSION, transactional(producer, sequence), 0));
    let header = RequestHeader {
        request_api_key: ApiKey::Produce.number(),
        request_api_version: VERSION,
        correlation_id: sequence,
        ..RequestHeader::default()
    };
    let mut frame = BytesMut::from(&[0; 4][..]);
    encode_request(&header, &body, &mut frame).unwrap();
    let len = (frame.len() - 4) as u32;
    frame[..4].copy_from_slice(&len.to_be_bytes());
    frame.freeze()
}

/// The offset that the batch of the next response has got.
async fn next_offset(client: &mut TcpStream) -> (i16, i64) {
    let len = client.read_u32().await.unwrap();
    let mut response = vec![0; len as usize];
    client.read_exact(&mut response).await.unwrap();
    let body = Bytes::from(response).slice(RESPONSE_HEADER..);
    let ResponseBody::Produce(response) = ResponseBody::decode(ApiKey::Produce, VERSION, body).unwrap()
    else {
        panic!()
    };
    let partition = &response.responses[0].partition_responses[0];
    (partition.error_code, partition.base_offset)
}

#[tokio::test(start_paused = true)]
async fn batches_that_are_sent_together_keep_their_order() {
    let mut scene = Scene::new().await;
    let producer = scene.init(6).await;
    let membership = Arc::clone(&scene.rig.broker.membership);
    let broker = Arc::get_mut(&mut scene.rig.broker).expect("nobody else has it yet");
    broker.membership = Arc::new(SlowAtFirst { membership, asked: AtomicUsize::new(0) });

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let connection = scene.rig.context(ApiKey::Produce, VERSION).connection;
    let options = ConnectionOptions { request_bytes_max: 1 << 20, idle_max: None };
    let task = ConnectionTask::new(Arc::clone(&scene.rig.broker), connection, stream, options);
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(task.run(stopped));

    let frames: Vec<Bytes> = (0..3).map(|sequence| frame(producer, sequence)).collect();
    client.write_all(&frames.concat()).await.unwrap();
    for offset in 0..3 {
        assert_eq!(next_offset(&mut client).await, (0, offset));
    }
    stop.send_replace(true);
    serving.await.unwrap();
}
