//! What records make of the coordinator.

use bytes::Bytes;
use ottla_record::Offset;
use ottla_wire::transaction::{TransactionKey, TransactionValue};

use super::TransactionCoordinator;
use super::transaction::Transaction;
use crate::metadata::{InvalidTransaction, TransactionMetadata};

impl TransactionCoordinator {
    /// Takes in a record of the partition; `value` is none for one that deletes what the key names.
    ///
    /// Only for loading: what the coordinator writes itself counts when it is [`committed`](Self::committed).
    ///
    /// # Errors
    /// The record says what cannot be true, and is left out.
    pub fn replay(
        &mut self,
        key: TransactionKey,
        value: Option<TransactionValue>,
    ) -> Result<(), InvalidTransaction> {
        let TransactionKey::TransactionLog(key) = key;
        let id = key.transactional_id.detach();
        match value {
            Some(TransactionValue::TransactionLog(value)) => {
                let metadata = TransactionMetadata::from_value(&value)?;
                self.transactions.insert(id.clone(), Transaction::new(id, metadata));
            }
            None => drop(self.transactions.remove(&id)),
        }
        Ok(())
    }

    /// Takes in the bytes of a record of the partition, at an offset. One that cannot be read, of an unknown type, or
    /// that says what cannot be true is told of and left out, so that the others remain of use.
    pub fn replay_bytes(&mut self, offset: Offset, key: Option<&[u8]>, value: Option<&[u8]>) {
        let Some(key) = key else {
            tracing::warn!(%offset, "a record of transactions has no key");
            return;
        };
        let decoded = TransactionKey::decode(Bytes::copy_from_slice(key)).and_then(|key| {
            let value = value.map(|value| key.decode_value(Bytes::copy_from_slice(value))).transpose()?;
            Ok((key, value.map(|(value, _)| value)))
        });
        match decoded {
            Ok((key, value)) => {
                if let Err(error) = self.replay(key, value) {
                    tracing::error!(%offset, %error, "a record of transactions cannot be true");
                }
            }
            Err(error) => tracing::error!(%offset, %error, "a record of transactions cannot be read"),
        }
    }
}
