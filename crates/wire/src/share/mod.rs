//! The records of `__share_group_state`: how far share groups have come in each partition (KIP-932).
//!
//! [`ShareKey`] is the key of any of them, read and written with the number of its type; [`ShareValue`] is
//! the value of any of them, with its version. A record with a key and no value deletes what the key names.

use crate::records::coordinator_records;

#[path = "00_share_snapshot.rs"]
pub mod share_snapshot;
#[path = "01_share_update.rs"]
pub mod share_update;

coordinator_records! {
    /// The key of a record of `__share_group_state`.
    ShareKey
    /// The value of a record of `__share_group_state`.
    ShareValue("__share_group_state record")
    0 ShareSnapshot(share_snapshot::{ShareSnapshotKey, ShareSnapshotValue});
    1 ShareUpdate(share_update::{ShareUpdateKey, ShareUpdateValue});
}
