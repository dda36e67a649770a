//! Listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use ottla_config::{Endpoint, NetworkConfig};
use ottla_wire::api::Listener;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{debug, warn};

use super::limits::ConnectionLimits;
use super::threads::{Accepted, IoThreads};
use crate::api::Connection;

/// Wait after a failure to accept, such as too many open files, which does not pass at once.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// A socket that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The host has no address.
    #[error("listener {listener}: cannot look up host {host}: {source}")]
    Lookup {
        /// The listener.
        listener: String,
        /// The host.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// Another program listens there.
    #[error(
        "listener {listener}: port {port} is in use; stop the program that listens there, or set another port in `listeners`"
    )]
    InUse {
        /// The listener.
        listener: String,
        /// The port.
        port: u16,
    },
    /// The operating system refuses.
    #[error("listener {listener}: cannot listen on {address}: {source}")]
    Bind {
        /// The listener.
        listener: String,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A socket that listens.
#[derive(Debug)]
pub(crate) struct BoundSocket {
    /// The listener it is for.
    pub(crate) endpoint: Arc<Endpoint>,
    /// Its kind.
    pub(crate) listener: Listener,
    /// Where it listens, with the port the system chose if none was asked for.
    pub(crate) address: SocketAddr,
    socket: StdTcpListener,
}

/// Opens the socket of a listener.
///
/// # Errors
///
/// If the host is unknown, the port is taken, or the operating system refuses.
pub(crate) fn bind(
    endpoint: &Endpoint,
    listener: Listener,
    network: &NetworkConfig,
) -> Result<BoundSocket, BindError> {
    let name = || endpoint.listener.to_string();
    let address = address_of(endpoint)?;
    let socket = listen(address, network).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { listener: name(), port: address.port() },
        _ => BindError::Bind { listener: name(), address, source },
    })?;
    let bound =
        socket.local_addr().map_err(|source| BindError::Bind { listener: name(), address, source })?;
    Ok(BoundSocket { endpoint: Arc::new(endpoint.clone()), listener, address: bound, socket })
}

fn address_of(endpoint: &Endpoint) -> Result<SocketAddr, BindError> {
    let Some(host) = &endpoint.host else { return Ok(SocketAddr::from(([0, 0, 0, 0], endpoint.port))) };
    let lookup_error =
        |source| BindError::Lookup { listener: endpoint.listener.to_string(), host: host.clone(), source };
    let mut addresses = (host.as_str(), endpoint.port).to_socket_addrs().map_err(lookup_error)?;
    addresses.next().ok_or_else(|| lookup_error(io::ErrorKind::NotFound.into()))
}

fn listen(address: SocketAddr, network: &NetworkConfig) -> io::Result<StdTcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if let Ok(bytes @ 1..) = usize::try_from(network.socket_receive_buffer_bytes) {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind(&address.into())?;
    socket.listen(network.socket_listen_backlog_size)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Accepts connections and hands them to the IO threads in turn, until told to stop.
pub(crate) async fn accept(
    bound: BoundSocket,
    threads: IoThreads,
    limits: Arc<ConnectionLimits>,
    send_buffer_bytes: Option<usize>,
    mut stop: watch::Receiver<bool>,
) {
    let socket = match TcpListener::from_std(bound.socket) {
        Ok(socket) => socket,
        Err(error) => return warn!(listener = %bound.endpoint.listener, %error, "cannot listen"),
    };
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let (stream, client_address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(listener = %bound.endpoint.listener, %error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        let permit = match limits.admit(client_address.ip()) {
            Ok(permit) => permit,
            Err(error) => {
                debug!(client = %client_address, %error, "connection refused");
                continue;
            }
        };
        if let Some(bytes) = send_buffer_bytes {
            // A smaller buffer than asked for slows the connection and breaks nothing.
            let _ = SockRef::from(&stream).set_send_buffer_size(bytes);
        }
        let _ = stream.set_nodelay(true);
        let connection = Connection {
            endpoint: Arc::clone(&bound.endpoint),
            listener: bound.listener,
            client_address,
            software: std::sync::OnceLock::new(),
        };
        match stream.into_std() {
            Ok(stream) => threads.hand_over(Accepted { stream, connection: Arc::new(connection), permit }),
            Err(error) => debug!(client = %client_address, %error, "connection lost before it began"),
        }
    }
}
