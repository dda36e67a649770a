//! The records of `__cluster_metadata`, the log that the controllers agree on (KIP-500).
//!
//! [`MetadataRecord`] is any of them, read and written with the frame that names type and version.

use crate::records::framed_records;

#[path = "25_abort_transaction.rs"]
pub mod abort_transaction;
#[path = "18_access_control_entry.rs"]
pub mod access_control_entry;
#[path = "23_begin_transaction.rs"]
pub mod begin_transaction;
#[path = "17_broker_registration_change.rs"]
pub mod broker_registration_change;
#[path = "28_clear_elr.rs"]
pub mod clear_elr;
#[path = "14_client_quota.rs"]
pub mod client_quota;
#[path = "04_config.rs"]
pub mod config;
#[path = "10_delegation_token.rs"]
pub mod delegation_token;
#[path = "24_end_transaction.rs"]
pub mod end_transaction;
#[path = "12_feature_level.rs"]
pub mod feature_level;
#[path = "07_fence_broker.rs"]
pub mod fence_broker;
#[path = "20_no_op.rs"]
pub mod no_op;
#[path = "03_partition.rs"]
pub mod partition;
#[path = "05_partition_change.rs"]
pub mod partition_change;
#[path = "15_producer_ids.rs"]
pub mod producer_ids;
#[path = "00_register_broker.rs"]
pub mod register_broker;
#[path = "27_register_controller.rs"]
pub mod register_controller;
#[path = "19_remove_access_control_entry.rs"]
pub mod remove_access_control_entry;
#[path = "26_remove_delegation_token.rs"]
pub mod remove_delegation_token;
#[path = "09_remove_topic.rs"]
pub mod remove_topic;
#[path = "22_remove_user_scram_credential.rs"]
pub mod remove_user_scram_credential;
#[path = "02_topic.rs"]
pub mod topic;
#[path = "08_unfence_broker.rs"]
pub mod unfence_broker;
#[path = "01_unregister_broker.rs"]
pub mod unregister_broker;
#[path = "11_user_scram_credential.rs"]
pub mod user_scram_credential;
#[path = "21_zk_migration_state.rs"]
pub mod zk_migration_state;

framed_records! {
    /// A record of `__cluster_metadata`.
    MetadataRecord("metadata record")
    0 RegisterBroker(register_broker::RegisterBrokerRecord);
    1 UnregisterBroker(unregister_broker::UnregisterBrokerRecord);
    2 Topic(topic::TopicRecord);
    3 Partition(partition::PartitionRecord);
    4 Config(config::ConfigRecord);
    5 PartitionChange(partition_change::PartitionChangeRecord);
    7 FenceBroker(fence_broker::FenceBrokerRecord);
    8 UnfenceBroker(unfence_broker::UnfenceBrokerRecord);
    9 RemoveTopic(remove_topic::RemoveTopicRecord);
    10 DelegationToken(delegation_token::DelegationTokenRecord);
    11 UserScramCredential(user_scram_credential::UserScramCredentialRecord);
    12 FeatureLevel(feature_level::FeatureLevelRecord);
    14 ClientQuota(client_quota::ClientQuotaRecord);
    15 ProducerIds(producer_ids::ProducerIdsRecord);
    17 BrokerRegistrationChange(broker_registration_change::BrokerRegistrationChangeRecord);
    18 AccessControlEntry(access_control_entry::AccessControlEntryRecord);
    19 RemoveAccessControlEntry(remove_access_control_entry::RemoveAccessControlEntryRecord);
    20 NoOp(no_op::NoOpRecord);
    21 ZkMigrationState(zk_migration_state::ZkMigrationStateRecord);
    22 RemoveUserScramCredential(remove_user_scram_credential::RemoveUserScramCredentialRecord);
    23 BeginTransaction(begin_transaction::BeginTransactionRecord);
    24 EndTransaction(end_transaction::EndTransactionRecord);
    25 AbortTransaction(abort_transaction::AbortTransactionRecord);
    26 RemoveDelegationToken(remove_delegation_token::RemoveDelegationTokenRecord);
    27 RegisterController(register_controller::RegisterControllerRecord);
    28 ClearElr(clear_elr::ClearElrRecord);
}
