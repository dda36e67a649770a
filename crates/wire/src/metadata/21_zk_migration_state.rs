//! `ZkMigrationStateRecord`, type 21 of the records of `__cluster_metadata`.

use crate::Message;
use crate::codec::UnknownTaggedFields;

/// State of the ZooKeeper migration; only found in older logs.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(metadata = 21, valid = "0", flexible = "0+")]
pub struct ZkMigrationStateRecord {
    /// 0 none, 1 migration, 2 pre-migration, 3 post-migration.
    pub zk_migration_state: i8,
    /// Tagged fields of later releases.
    pub unknown_tagged_fields: UnknownTaggedFields,
}
