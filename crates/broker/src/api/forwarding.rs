//! What the APIs have in common that the controller answers.

use ottla_controller::Via;
use ottla_wire::ErrorCode;
use ottla_wire::api::Listener;

use super::RequestContext;

/// What clients are told when the controller does not answer; they try again.
pub(super) const UNAVAILABLE: ErrorCode = ErrorCode::NotController;

impl RequestContext {
    /// Which way a request comes to the controller: through this broker, or asked of the controller itself.
    pub(super) fn via(&self) -> Via {
        match self.connection.listener {
            Listener::Broker => Via::Broker,
            Listener::Controller => Via::Controller,
        }
    }
}
