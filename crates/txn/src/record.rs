//! The records that transactional ids are kept in.

use bytes::BytesMut;
use ottla_coordinator::CoordinatorRecord;
use ottla_wire::transaction::transaction_log::TransactionLogKey;
use ottla_wire::transaction::{TransactionKey, TransactionValue};
use ottla_wire::{EncodeError, KafkaString};

use crate::metadata::TransactionMetadata;
use crate::version::TransactionVersion;

/// A record of `__transaction_state`.
#[derive(Debug, Clone, PartialEq)]
pub struct TransactionRecord {
    /// What the record is about.
    pub key: TransactionKey,
    /// What it says and the version to write it at; none to delete what the key names.
    pub value: Option<(TransactionValue, i16)>,
}

impl TransactionRecord {
    /// The state of a transactional id.
    pub(crate) fn state(
        transactional_id: &KafkaString,
        metadata: &TransactionMetadata,
        version: TransactionVersion,
    ) -> Self {
        let version = version.value_version();
        let value = metadata.to_value(version);
        Self { key: key(transactional_id), value: Some((value.into(), version)) }
    }

    /// Forgets a transactional id.
    pub(crate) fn tombstone(transactional_id: &KafkaString) -> Self {
        Self { key: key(transactional_id), value: None }
    }
}

impl CoordinatorRecord for TransactionRecord {
    fn encode(&self, buffer: &mut BytesMut) -> Result<usize, EncodeError> {
        let start = buffer.len();
        self.key.encode(buffer)?;
        let key_len = buffer.len() - start;
        if let Some((value, version)) = &self.value {
            value.encode(*version, buffer)?;
        }
        Ok(key_len)
    }

    fn is_tombstone(&self) -> bool {
        self.value.is_none()
    }
}

fn key(transactional_id: &KafkaString) -> TransactionKey {
    TransactionLogKey { transactional_id: transactional_id.clone() }.into()
}
