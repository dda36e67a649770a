//! Nodes in memory that answer what a test tells them to.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use ottla_wire::ErrorCode;
use ottla_wire::api::api_versions::{ApiVersion, ApiVersionsResponse, FinalizedFeatureKey};
use ottla_wire::api::metadata::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use ottla_wire::api::{
    APIS, ApiKey, Listener, RequestBody, ResponseBody, decode_request_header, encode_response,
};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::oneshot;

use crate::config::{Address, ClientConfig};
use crate::net::{Connecting, ConnectionError, Connector, Transport};

/// A request that a node received.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The address that was connected to.
    pub(crate) port: u16,
    /// Number of the connection, from 0.
    pub(crate) connection: usize,
    pub(crate) key: ApiKey,
    pub(crate) version: i16,
    pub(crate) body: RequestBody,
}

/// What a node does about a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Answers at the request's version.
    Body(Box<ResponseBody>),
    /// Answers once the test has an answer; later requests of the connection wait.
    Later(oneshot::Receiver<ResponseBody>),
    /// Writes these bytes as they are.
    Raw(Bytes),
    /// Says nothing.
    Nothing,
    /// Closes the connection.
    Close,
}

impl<R: Into<ResponseBody>> From<R> for Answer {
    fn from(body: R) -> Self {
        Self::Body(Box::new(body.into()))
    }
}

type Handler = Box<dyn FnMut(&Asked) -> Answer + Send>;

/// The nodes of a test, all of which one function answers for.
#[derive(Clone)]
pub(crate) struct Nodes {
    state: Arc<Mutex<State>>,
}

struct State {
    handler: Handler,
    log: Vec<Asked>,
    connections: usize,
    /// Ports that refuse connections.
    down: Vec<u16>,
    /// Versions other than our own that nodes claim.
    versions: HashMap<ApiKey, (i16, i16)>,
    /// Levels of features, and the epoch at which they hold.
    features: (i64, Vec<(&'static str, i16)>),
}

impl Nodes {
    /// Nodes that answer by `handler`, and ApiVersions by themselves.
    pub(crate) fn new(handler: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        let state = State {
            handler: Box::new(handler),
            log: Vec::new(),
            connections: 0,
            down: Vec::new(),
            versions: HashMap::new(),
            features: (-1, Vec::new()),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn set_down(&self, port: u16, is_down: bool) {
        let mut state = self.state.lock();
        state.down.retain(|down| *down != port);
        if is_down {
            state.down.push(port);
        }
    }

    /// Lets the nodes claim other versions of an API than ours.
    pub(crate) fn set_versions(&self, key: ApiKey, first: i16, last: i16) {
        self.state.lock().versions.insert(key, (first, last));
    }

    /// Lets the nodes claim that these features hold from `epoch` on.
    pub(crate) fn set_features(&self, epoch: i64, levels: &[(&'static str, i16)]) {
        self.state.lock().features = (epoch, levels.to_vec());
    }

    /// All that was asked so far.
    pub(crate) fn everything(&self) -> Vec<Asked> {
        self.state.lock().log.clone()
    }

    /// What was asked so far, ApiVersions left out.
    pub(crate) fn log(&self) -> Vec<Asked> {
        self.everything().into_iter().filter(|asked| asked.key != ApiKey::ApiVersions).collect()
    }

    /// The keys of what was asked so far.
    pub(crate) fn keys(&self) -> Vec<ApiKey> {
        self.log().into_iter().map(|asked| asked.key).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().connections
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let mut state = self.state.lock();
        state.log.push(asked.clone());
        match asked.key {
            ApiKey::ApiVersions => state.api_versions().into(),
            _ => (state.handler)(asked),
        }
    }

    async fn serve(self, mut stream: DuplexStream, port: u16, connection: usize) {
        while let Ok(size) = stream.read_u32().await {
            let mut frame = vec![0; size as usize];
            if stream.read_exact(&mut frame).await.is_err() {
                return;
            }
            let mut frame = Bytes::from(frame);
            let (key, header) = decode_request_header(&mut frame).unwrap();
            let version = header.request_api_version;
            let body = RequestBody::decode(key, version, frame).unwrap();
            let correlation_id = header.correlation_id;
            let asked = Asked { port, connection, key, version, body };
            let body = match self.answer(&asked) {
                Answer::Body(body) => *body,
                Answer::Later(receiver) => match receiver.await {
                    Ok(body) => body,
                    Err(_) => return,
                },
                Answer::Raw(bytes) => {
                    stream.write_all(&bytes).await.unwrap();
                    continue;
                }
                Answer::Nothing => continue,
                Answer::Close => return,
            };
            if stream.write_all(&framed(correlation_id, &body, version)).await.is_err() {
                return;
            }
        }
    }
}

impl State {
    fn api_versions(&self) -> ApiVersionsResponse {
        let entry = |key: ApiKey, (min_version, max_version)| ApiVersion {
            api_key: key.number(),
            min_version,
            max_version,
            ..ApiVersion::default()
        };
        let ours = APIS.iter().filter(|api| api.is_on(Listener::Broker)).map(|api| {
            let versions = api.served_versions(false);
            let claimed = self.versions.get(&api.key).copied();
            entry(api.key, claimed.unwrap_or((versions.first, versions.last)))
        });
        let (epoch, levels) = &self.features;
        let finalized = levels.iter().map(|(name, level)| FinalizedFeatureKey {
            name: (*name).into(),
            max_version_level: *level,
            min_version_level: *level,
            ..FinalizedFeatureKey::default()
        });
        ApiVersionsResponse {
            api_keys: ours.collect(),
            finalized_features_epoch: *epoch,
            finalized_features: finalized.collect(),
            ..ApiVersionsResponse::default()
        }
    }
}

/// A response in its frame.
pub(crate) fn framed(correlation_id: i32, body: &ResponseBody, version: i16) -> Bytes {
    let mut frame = BytesMut::from(&[0; 4][..]);
    encode_response(correlation_id, body, version, &mut frame).unwrap();
    let size = (frame.len() - 4) as u32;
    frame[..4].copy_from_slice(&size.to_be_bytes());
    frame.freeze()
}

impl Connector for Nodes {
    fn connect<'a>(&'a self, address: &'a Address, _: &'a ClientConfig) -> Connecting<'a> {
        Box::pin(async move {
            let mut state = self.state.lock();
            if state.down.contains(&address.port) {
                let error = Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
                return Err(ConnectionError::Connect { address: address.to_string(), error });
            }
            let (client, node) = tokio::io::duplex(1 << 20);
            let number = state.connections;
            state.connections += 1;
            drop(state);
            tokio::spawn(self.clone().serve(node, address.port, number));
            Ok(Box::new(client) as Box<dyn Transport>)
        })
    }
}

/// A configuration for nodes in memory: node N listens at port 9000 + N.
pub(crate) fn config() -> ClientConfig {
    ClientConfig::admin([("bootstrap.servers", "memory:9001"), ("client.id", "test")]).unwrap()
}

/// The answer to Metadata of a cluster of so many nodes, from 1, with these topics: name and leaders.
pub(crate) fn metadata(nodes: i32, topics: &[(&str, &[i32])]) -> MetadataResponse {
    let broker = |node_id| MetadataResponseBroker {
        node_id,
        host: "memory".into(),
        port: 9000 + node_id,
        ..MetadataResponseBroker::default()
    };
    let partition = |(index, leader): (usize, &i32)| MetadataResponsePartition {
        partition_index: index as i32,
        leader_id: *leader,
        leader_epoch: 0,
        replica_nodes: vec![*leader],
        isr_nodes: vec![*leader],
        error_code: if *leader < 0 { ErrorCode::LeaderNotAvailable.number() } else { 0 },
        ..MetadataResponsePartition::default()
    };
    let topic = |(name, leaders): &(&str, &[i32])| MetadataResponseTopic {
        name: Some((*name).into()),
        partitions: leaders.iter().enumerate().map(partition).collect(),
        ..MetadataResponseTopic::default()
    };
    MetadataResponse {
        brokers: (1..=nodes).map(broker).collect(),
        cluster_id: Some("cluster".into()),
        controller_id: nodes,
        topics: topics.iter().map(topic).collect(),
        ..MetadataResponse::default()
    }
}
