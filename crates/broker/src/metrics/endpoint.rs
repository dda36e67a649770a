//! Where the numbers are fetched: `GET /metrics`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::text;
use crate::broker::Broker;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// An endpoint that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for metrics (ottla.metrics.listener): {source}")]
pub struct EndpointError {
    /// The address, as it was written.
    pub address: String,
    /// Why.
    pub source: io::Error,
}

/// An open endpoint.
#[derive(Debug)]
pub(crate) struct MetricsEndpoint {
    socket: std::net::TcpListener,
}

impl MetricsEndpoint {
    /// Opens the endpoint at `HOST:PORT`.
    ///
    /// # Errors
    ///
    /// If the operating system refuses.
    pub(crate) fn bind(address: &str) -> Result<Self, EndpointError> {
        let bind = || {
            let socket = std::net::TcpListener::bind(address)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        bind()
            .map(|socket| Self { socket })
            .map_err(|source| EndpointError { address: address.to_owned(), source })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until told to stop.
    pub(crate) async fn serve(self, broker: Arc<Broker>, mut stop: watch::Receiver<bool>) -> io::Result<()> {
        let socket = TcpListener::from_std(self.socket)?;
        let routes = Router::new().route("/metrics", get(metrics)).with_state(broker);
        let stopped = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        axum::serve(socket, routes).with_graceful_shutdown(stopped).await
    }
}

async fn metrics(State(broker): State<Arc<Broker>>) -> Response {
    match text(&broker) {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
