//! ApiVersions, versions 0 to 4: what this node speaks, and the levels of features in the cluster.
//!
//! A version that is not known is answered at version 0 with `UNSUPPORTED_VERSION` and the versions of this one API.

use std::sync::Arc;

use ottla_wire::api::api_versions::{ApiVersion, ApiVersionsRequest, ApiVersionsResponse};
use ottla_wire::api::{Api, ApiKey, Listener};
use ottla_wire::{ErrorCode, KafkaString};

use super::{ClientSoftware, RequestContext, SERVED};
use crate::broker::Broker;

/// Since this version a client says what it is.
const SOFTWARE_VERSION_MIN: i16 = 3;

pub(super) async fn handle(
    _broker: &Arc<Broker>,
    context: &RequestContext,
    request: ApiVersionsRequest,
) -> ApiVersionsResponse {
    if context.api_version >= SOFTWARE_VERSION_MIN {
        let (name, version) = (&request.client_software_name, &request.client_software_version);
        if !is_software_word(name) || !is_software_word(version) {
            return ApiVersionsResponse {
                error_code: ErrorCode::InvalidRequest.number(),
                ..ApiVersionsResponse::default()
            };
        }
        let software = ClientSoftware { name: name.detach(), version: version.detach() };
        // A client that asks twice keeps what it said first.
        let _ = context.connection.software.set(software);
    }
    ApiVersionsResponse { api_keys: served_on(context.connection.listener), ..ApiVersionsResponse::default() }
}

/// The answer to a version that is not known.
pub(crate) fn unsupported_version(listener: Listener) -> ApiVersionsResponse {
    let api_keys = served_on(listener);
    let this = api_keys.into_iter().filter(|api| api.api_key == ApiKey::ApiVersions.number()).collect();
    ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion.number(),
        api_keys: this,
        ..ApiVersionsResponse::default()
    }
}

fn served_on(listener: Listener) -> Vec<ApiVersion> {
    let apis = SERVED.iter().filter_map(|key| key.api()).filter(|api| api.is_on(listener));
    let mut versions: Vec<ApiVersion> = apis.map(|api| version_of(api, listener)).collect();
    versions.sort_by_key(|api| api.api_key);
    versions
}

fn version_of(api: &Api, listener: Listener) -> ApiVersion {
    let versions = api.advertised_versions(listener);
    ApiVersion {
        api_key: api.key.number(),
        min_version: versions.first,
        max_version: versions.last,
        ..ApiVersion::default()
    }
}

/// Letters and digits, with dashes and dots between them.
fn is_software_word(word: &KafkaString) -> bool {
    let bytes = word.as_str().as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}
