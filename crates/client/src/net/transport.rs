//! What connections run over.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use super::error::ConnectionError;
use crate::config::{Address, ClientConfig};

/// A stream of bytes to a node and back.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A future that connects.
pub(crate) type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<Box<dyn Transport>, ConnectionError>> + Send + 'a>>;

/// Opens streams to nodes: over TCP, or in tests over memory.
pub(crate) trait Connector: Send + Sync {
    /// Opens a stream. The caller limits the time.
    fn connect<'a>(&'a self, address: &'a Address, config: &'a ClientConfig) -> Connecting<'a>;
}

/// Connects over TCP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tcp;

impl Connector for Tcp {
    fn connect<'a>(&'a self, address: &'a Address, config: &'a ClientConfig) -> Connecting<'a> {
        Box::pin(async move { Ok(Box::new(connect(address, config).await?) as Box<dyn Transport>) })
    }
}

/// Tries every address of the host in turn (`client.dns.lookup=use_all_dns_ips`).
async fn connect(address: &Address, config: &ClientConfig) -> Result<TcpStream, ConnectionError> {
    let resolve_error =
        |error| ConnectionError::Resolve { host: address.host.clone(), error: Arc::new(error) };
    let found = lookup_host((address.host.as_str(), address.port)).await.map_err(resolve_error)?;
    let mut last = resolve_error(io::Error::from(io::ErrorKind::NotFound));
    for target in found {
        match open(target, config).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                last = ConnectionError::Connect { address: target.to_string(), error: Arc::new(error) };
            }
        }
    }
    Err(last)
}

async fn open(target: std::net::SocketAddr, config: &ClientConfig) -> io::Result<TcpStream> {
    let socket = if target.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_keepalive(true)?;
    let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
    if let Some(bytes) = config.send_buffer_bytes {
        socket.set_send_buffer_size(size(bytes))?;
    }
    if let Some(bytes) = config.receive_buffer_bytes {
        socket.set_recv_buffer_size(size(bytes))?;
    }
    let stream = socket.connect(target).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
