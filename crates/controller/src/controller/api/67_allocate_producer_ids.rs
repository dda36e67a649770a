//! AllocateProducerIds, API key 67: a broker gets a block of producer ids (KIP-730).

use ottla_record::Timestamp;
use ottla_wire::ErrorCode;
use ottla_wire::api::allocate_producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse};
use ottla_wire::metadata::producer_ids::ProducerIdsRecord;

use crate::controller::Controller;
use crate::controller::error::ApiError;
use crate::outcome::{Outcome, VersionedRecord};

/// How many producer ids a block has.
const BLOCK_LEN: i32 = 1000;

impl Controller {
    /// AllocateProducerIds: the next block of producer ids, none of which was handed out before.
    pub fn handle_allocate_producer_ids(
        &mut self,
        _now: Timestamp,
        request: &AllocateProducerIdsRequest,
    ) -> Outcome<AllocateProducerIdsResponse> {
        self.allocate_producer_ids(request).unwrap_or_else(|error| {
            Outcome::unchanged(AllocateProducerIdsResponse {
                error_code: error.code.number(),
                ..AllocateProducerIdsResponse::default()
            })
        })
    }

    fn allocate_producer_ids(
        &self,
        request: &AllocateProducerIdsRequest,
    ) -> Result<Outcome<AllocateProducerIdsResponse>, ApiError> {
        self.metadata_version()?;
        self.check_broker_epoch(request.broker_id, request.broker_epoch)?;
        let start = self.image.next_producer_id().max(0);
        let next = start
            .checked_add(BLOCK_LEN.into())
            .ok_or_else(|| ApiError::new(ErrorCode::UnknownServerError, "all producer ids are used up"))?;
        let record = ProducerIdsRecord {
            broker_id: request.broker_id,
            broker_epoch: request.broker_epoch,
            next_producer_id: next,
            ..ProducerIdsRecord::default()
        };
        let response = AllocateProducerIdsResponse {
            producer_id_start: start,
            producer_id_len: BLOCK_LEN,
            ..AllocateProducerIdsResponse::default()
        };
        Ok(Outcome::splittable(vec![VersionedRecord::new(record, 0)], response))
    }
}
