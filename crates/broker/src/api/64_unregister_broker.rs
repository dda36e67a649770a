//! UnregisterBroker, version 0: the controller forgets a broker that will not come back (KIP-631).
//!
//! Missing: authorization.

use std::sync::Arc;

use ottla_wire::api::unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};

use super::RequestContext;
use super::forwarding::UNAVAILABLE;
use crate::broker::Broker;

pub(super) async fn handle(
    broker: &Arc<Broker>,
    _context: &RequestContext,
    request: UnregisterBrokerRequest,
) -> UnregisterBrokerResponse {
    let decided = broker.controller.unregister_broker(request);
    decided.await.unwrap_or_else(|_| UnregisterBrokerResponse {
        error_code: UNAVAILABLE.number(),
        ..UnregisterBrokerResponse::default()
    })
}
