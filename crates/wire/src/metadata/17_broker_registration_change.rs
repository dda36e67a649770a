//! `BrokerRegistrationChangeRecord`, type 17 of the records of `__cluster_metadata`.

use crate::codec::UnknownTaggedFields;
use crate::{Message, Uuid};

/// Written by the controller when a registered broker is fenced, unfenced, stopped or loses directories.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 17, valid = "0-3", flexible = "0+")]
pub struct BrokerRegistrationChangeRecord {
    /// Node id of the broker.
    pub broker_id: i32,
    /// Registration epoch the change applies to.
    pub broker_epoch: i64,
    /// 1 fences the broker, -1 unfences it, 0 leaves it.
    #[field(tag = 0)]
    pub fenced: i8,
    /// 1 when an orderly shutdown begins, 0 for no change.
    #[field(versions = "1+", tag = 1)]
    pub in_controlled_shutdown: i8,
    /// New ids of working log directories; empty for no change.
    #[field(versions = "2+", tag = 2)]
    pub log_dirs: Vec<Uuid>,
    /// New directory ids closed to replicas, null when unchanged.
    #[field(versions = "3+", nullable = "3+", tag = 3, default = null)]
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
