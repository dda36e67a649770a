//! UnregisterBroker.

use ottla_wire::ErrorCode;
use ottla_wire::api::unregister_broker::UnregisterBrokerRequest;

use super::{Admin, outcome};
use crate::client::Target;
use crate::error::ClientError;

impl Admin {
    /// Lets the cluster forget a broker that is gone for good.
    ///
    /// # Errors
    ///
    /// The request failed.
    pub async fn unregister_broker(&self, broker: i32) -> Result<(), ClientError> {
        let request = UnregisterBrokerRequest { broker_id: broker, ..UnregisterBrokerRequest::default() };
        let check = |code: i16| ErrorCode::from(code);
        let response = self.call(&Target::Controller, request, |response| check(response.error_code)).await?;
        outcome(response.error_code, response.error_message.as_ref())
    }
}
