//! The image of a cluster and the decisions of its controller.
//!
//! Decisions come out as the metadata records of Kafka, and nothing changes but by replaying such records. It does no IO, keeps no time
//! and has no chance of its own.
