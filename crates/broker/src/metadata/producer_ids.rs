//! Producer ids, handed out from blocks that the controller gives to this broker.

use std::fmt;

use ottla_wire::ErrorCode;
use ottla_wire::api::allocate_producer_ids::AllocateProducerIdsRequest;
use tokio::sync::Mutex;

use super::thread::ControllerHandle;

/// Producer ids that this broker may hand out.
#[derive(Default)]
pub(crate) struct ProducerIds {
    block: Mutex<Block>,
}

/// What is left of a block; nothing before the first.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    next: i64,
    end: i64,
}

impl ProducerIds {
    /// Has ids from 1000 on that no controller is asked for.
    #[cfg(test)]
    pub(crate) fn preload(&self) {
        *self.block.try_lock().unwrap() = Block { next: 1000, end: 2000 };
    }

    /// A producer id that nobody has.
    ///
    /// # Errors
    ///
    /// If the controller gives no block. Kafka's `COORDINATOR_LOAD_IN_PROGRESS` lets clients try again.
    pub(crate) async fn next(&self, controller: &ControllerHandle, node_id: i32) -> Result<i64, ErrorCode> {
        let mut block = self.block.lock().await;
        if block.next == block.end {
            *block = new_block(controller, node_id).await?;
        }
        let id = block.next;
        block.next += 1;
        Ok(id)
    }
}

async fn new_block(controller: &ControllerHandle, node_id: i32) -> Result<Block, ErrorCode> {
    let request = AllocateProducerIdsRequest {
        broker_id: node_id,
        broker_epoch: controller.broker_epoch(),
        ..AllocateProducerIdsRequest::default()
    };
    let response = controller.allocate_producer_ids(request).await;
    let response = response.map_err(|_| ErrorCode::CoordinatorLoadInProgress)?;
    if response.error_code != ErrorCode::None.number() || response.producer_id_len <= 0 {
        tracing::warn!(error = response.error_code, "the controller gives no producer ids");
        return Err(ErrorCode::CoordinatorLoadInProgress);
    }
    let next = response.producer_id_start;
    Ok(Block { next, end: next + i64::from(response.producer_id_len) })
}

impl fmt::Debug for ProducerIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProducerIds").finish_non_exhaustive()
    }
}
