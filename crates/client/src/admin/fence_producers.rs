//! Fencing producers by their transactional ids: InitProducerId in their place (KIP-588).

use futures_util::future::join_all;
use ottla_record::ProducerId;
use ottla_wire::api::init_producer_id::InitProducerIdRequest;
use ottla_wire::{ErrorCode, KafkaString};

use super::{Admin, Results, outcome};
use crate::client::Target;
use crate::error::ClientError;

/// What a fenced transactional id stands for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FencedProducer {
    /// Its producer id.
    pub producer_id: ProducerId,
    /// The epoch that nobody uses, above those of all that are fenced.
    pub producer_epoch: i16,
}

impl Admin {
    /// Fences all producers with these transactional ids, and aborts what they have open; each by itself.
    pub async fn fence_producers(
        &self,
        transactional_ids: &[KafkaString],
    ) -> Results<KafkaString, FencedProducer> {
        let asked =
            transactional_ids.iter().map(|id| async move { (id.clone(), self.fence_producer(id).await) });
        join_all(asked).await.into_iter().collect()
    }

    async fn fence_producer(&self, id: &KafkaString) -> Result<FencedProducer, ClientError> {
        let request = InitProducerIdRequest {
            transactional_id: Some(id.clone()),
            transaction_timeout_ms: self.timeout_ms(),
            ..InitProducerIdRequest::default()
        };
        let target = Target::transaction(id.clone());
        let response = self.call(&target, request, |response| ErrorCode::from(response.error_code)).await?;
        outcome(response.error_code, None)?;
        Ok(FencedProducer {
            producer_id: ProducerId(response.producer_id),
            producer_epoch: response.producer_epoch,
        })
    }
}
