//! Value of the markers that end a transaction.

use crate::Message;

/// Value of a commit or abort marker, behind an int16 version.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(data, valid = "0", flexible = "none")]
pub struct EndTxnMarker {
    /// Epoch of the coordinator that ordered it; fences older ones.
    pub coordinator_epoch: i32,
}
