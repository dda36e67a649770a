//! UpdateFeatures, versions 0 to 2: the controller sets the cluster's levels of features (KIP-584).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_wire::api::update_features::{UpdateFeaturesRequest, UpdateFeaturesResponse};

use super::RequestContext;
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    context: &RequestContext,
    request: UpdateFeaturesRequest,
) -> UpdateFeaturesResponse {
    let decided = broker.controller.update_features(request, context.api_version);
    decided.await.unwrap_or_else(|_| UpdateFeaturesResponse {
        error_code: UNAVAILABLE.number(),
        ..UpdateFeaturesResponse::default()
    })
}
