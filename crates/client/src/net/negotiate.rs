//! Learning what a node speaks: the first request on every connection (KIP-511).

use std::time::Duration;

use bytes::Bytes;
use ottla_wire::api::ApiKey;
use ottla_wire::api::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
use ottla_wire::{ErrorCode, KafkaString, Message};

use super::connection::Connection;
use super::error::ConnectionError;
use super::versions::NodeVersions;
use crate::error::CallError;

const SOFTWARE_NAME: &str = "ottla";
const SOFTWARE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Asks at the highest version; a node that does not know it answers at version 0 and says which it knows, and
/// is asked again.
pub(crate) async fn negotiate(connection: &Connection, limit: Duration) -> Result<(), ConnectionError> {
    let highest = ApiVersionsRequest::VALID.last;
    let mut response = ask(connection, highest, limit).await?;
    if ErrorCode::from(response.error_code) == ErrorCode::UnsupportedVersion {
        let named = response.api_keys.iter().find(|entry| entry.api_key == ApiKey::ApiVersions.number());
        let version = named.map_or(0, |entry| entry.max_version.clamp(0, highest));
        response = ask(connection, version, limit).await?;
    }
    ErrorCode::from(response.error_code).into_result().map_err(ConnectionError::Negotiation)?;
    connection.set_versions(NodeVersions::new(response));
    Ok(())
}

async fn ask(
    connection: &Connection,
    version: i16,
    limit: Duration,
) -> Result<ApiVersionsResponse, ConnectionError> {
    let request = ApiVersionsRequest {
        client_software_name: KafkaString::from_static(SOFTWARE_NAME),
        client_software_version: KafkaString::from_static(SOFTWARE_VERSION),
        ..ApiVersionsRequest::default()
    };
    let pending = match connection.send(&request, version, limit).await {
        Ok(pending) => pending,
        Err(CallError::Connection(error)) => return Err(error),
        Err(other) => panic!("ApiVersions can be written at its own version {version}: {other}"),
    };
    let body = pending.body().await?;
    let version = if is_unsupported(&body) { 0 } else { version };
    Ok(ApiVersionsResponse::decode(body, version)?)
}

/// Whether the answer is the one at version 0 which says that the request's version is unknown.
fn is_unsupported(body: &Bytes) -> bool {
    body.starts_with(&ErrorCode::UnsupportedVersion.number().to_be_bytes())
}
