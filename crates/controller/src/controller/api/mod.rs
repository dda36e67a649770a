//! The decisions, one file an API.

#[path = "67_allocate_producer_ids.rs"]
mod allocate_producer_ids;
#[path = "33_alter_configs.rs"]
mod alter_configs;
#[path = "56_alter_partition.rs"]
mod alter_partition;
#[path = "45_alter_partition_reassignments.rs"]
mod alter_partition_reassignments;
#[path = "73_assign_replicas_to_dirs.rs"]
mod assign_replicas_to_dirs;
#[path = "63_broker_heartbeat.rs"]
mod broker_heartbeat;
#[path = "62_broker_registration.rs"]
mod broker_registration;
#[path = "70_controller_registration.rs"]
mod controller_registration;
#[path = "37_create_partitions.rs"]
mod create_partitions;
#[path = "19_create_topics.rs"]
mod create_topics;
#[path = "20_delete_topics.rs"]
mod delete_topics;
#[path = "43_elect_leaders.rs"]
mod elect_leaders;
#[path = "44_incremental_alter_configs.rs"]
mod incremental_alter_configs;
#[path = "46_list_partition_reassignments.rs"]
mod list_partition_reassignments;
#[path = "64_unregister_broker.rs"]
mod unregister_broker;
#[path = "57_update_features.rs"]
mod update_features;
