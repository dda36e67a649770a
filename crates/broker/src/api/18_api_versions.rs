//! ApiVersions, versions 0 to 4: what this node speaks, and the levels of features in the cluster.
//!
//! A version that is not known is answered at version 0 with `UNSUPPORTED_VERSION` and the versions of this one API.

use std::sync::Arc;

use ottla_controller::features::{KRAFT_VERSION, supported_features};
use ottla_wire::api::api_versions::{
    ApiVersion, ApiVersionsRequest, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};
use ottla_wire::api::{Api, ApiKey, Listener};
use ottla_wire::{ErrorCode, KafkaString};

use super::{ClientSoftware, RequestContext, SERVED};
use crate::broker::Broker;

/// Since this version a client says what it is.
const SOFTWARE_VERSION_MIN: i16 = 3;
/// Since this version a feature's lowest level may be 0.
const LEVEL_0_VERSION_MIN: i16 = 4;

pub(super) async fn handle(
    broker: &Arc<Broker>,
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
    let (finalized_features_epoch, finalized_features) = finalized_features(broker);
    ApiVersionsResponse {
        api_keys: served_on(context.connection.listener, broker.unstable_api_versions()),
        supported_features: features_of_node(context.api_version),
        finalized_features_epoch,
        finalized_features,
        ..ApiVersionsResponse::default()
    }
}

/// The levels of features that this node can run. Older clients cannot read a lowest level of 0 (KAFKA-17492).
fn features_of_node(version: i16) -> Vec<SupportedFeatureKey> {
    let features = supported_features().into_iter();
    let told = features.filter(|(_, range)| version >= LEVEL_0_VERSION_MIN || range.min > 0);
    told.map(|(name, range)| SupportedFeatureKey {
        name: KafkaString::from(name),
        min_version: range.min,
        max_version: range.max,
        ..SupportedFeatureKey::default()
    })
    .collect()
}

/// The levels of features in the cluster, and the offset of the metadata log up to which that is known.
fn finalized_features(broker: &Broker) -> (i64, Vec<FinalizedFeatureKey>) {
    let image = broker.metadata.peek();
    let mut levels = image.features().all_levels();
    levels.insert(KRAFT_VERSION.to_owned(), broker.metadata.quorum().kraft_version);
    let levels = levels.into_iter().filter(|(_, level)| *level != 0);
    let features = levels.map(|(name, level)| FinalizedFeatureKey {
        name: KafkaString::from(name),
        min_version_level: level,
        max_version_level: level,
        ..FinalizedFeatureKey::default()
    });
    (image.provenance.offset.0, features.collect())
}

/// The answer to a version that is not known.
pub(crate) fn unsupported_version(listener: Listener) -> ApiVersionsResponse {
    let api_keys = served_on(listener, false);
    let this = api_keys.into_iter().filter(|api| api.api_key == ApiKey::ApiVersions.number()).collect();
    ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion.number(),
        api_keys: this,
        ..ApiVersionsResponse::default()
    }
}

fn served_on(listener: Listener, unstable_versions: bool) -> Vec<ApiVersion> {
    let apis = SERVED.iter().filter_map(|key| key.api()).filter(|api| api.is_on(listener));
    let mut versions: Vec<ApiVersion> =
        apis.map(|api| version_of(api, listener, unstable_versions)).collect();
    versions.sort_by_key(|api| api.api_key);
    versions
}

fn version_of(api: &Api, listener: Listener, unstable_versions: bool) -> ApiVersion {
    let versions = api.advertised_versions(listener, unstable_versions);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_development_are_offered_where_that_is_asked_for() {
        let last = |unstable_versions| {
            let offered = served_on(Listener::Broker, unstable_versions);
            let init = offered.iter().find(|api| api.api_key == ApiKey::InitProducerId.number());
            init.unwrap().max_version
        };
        assert_eq!((last(false), last(true)), (5, 6));
    }
}
