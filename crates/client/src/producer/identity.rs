//! The producer id and epoch that let brokers drop what was sent twice (KIP-98, KIP-360).

use ottla_record::ProducerId;
use ottla_wire::ErrorCode;
use ottla_wire::api::init_producer_id::InitProducerIdRequest;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::batch::Identity;
use crate::client::{CallOptions, Client, Target};
use crate::error::{ApiError, ClientError};

/// The present identity of a producer.
#[derive(Debug, Default)]
pub(super) struct Identities {
    current: Mutex<Option<Identity>>,
    /// Held by whoever asks for one.
    asking: tokio::sync::Mutex<()>,
}

impl Identities {
    pub(super) fn current(&self) -> Option<Identity> {
        *self.current.lock()
    }

    /// Takes the identity that a transaction's coordinator gave.
    pub(super) fn set(&self, identity: Option<Identity>) {
        *self.current.lock() = identity;
    }

    /// Ends an identity: the next epoch begins, or, when there is none left, another id is asked for. Nothing if
    /// somebody else ended it already.
    pub(super) fn retire(&self, stale: Identity) {
        let mut current = self.current.lock();
        if *current == Some(stale) {
            *current = stale.epoch.checked_add(1).map(|epoch| Identity { epoch, ..stale });
        }
    }

    /// Asks for an id, unless there is one.
    pub(super) async fn obtain(&self, client: &Client, deadline: Instant) -> Result<(), ClientError> {
        let _asking = self.asking.lock().await;
        if self.current().is_some() {
            return Ok(());
        }
        let options = CallOptions { deadline: Some(deadline), ..CallOptions::default() };
        let request = InitProducerIdRequest {
            transactional_id: None,
            transaction_timeout_ms: i32::MAX,
            ..InitProducerIdRequest::default()
        };
        let response = client
            .call(&Target::Any, options, |_| request.clone(), |response| ErrorCode::from(response.error_code))
            .await?;
        ApiError::check(response.error_code, None)?;
        let (producer_id, epoch) = (ProducerId(response.producer_id), response.producer_epoch);
        *self.current.lock() = Some(Identity { producer_id, epoch });
        Ok(())
    }
}
