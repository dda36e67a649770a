//! The image of a cluster and the decisions of its controller.
//!
//! Decisions come out as the metadata records of Kafka, and nothing changes but by replaying such records. It does no IO, keeps no time
//! and has no chance of its own.
//!
//! Start with [`MetadataLoader`](image::MetadataLoader) to follow the metadata log, as every broker does, and with [`Controller`] to
//! decide, as the active controller does; [`features`] tells which features there are and how they depend on each other.

mod controller;
pub mod features;
pub mod image;
mod outcome;

pub use controller::{
    ActivationError, Controller, ControllerOptions, RandomBytes, Via, place_replicas, topic_name_fault,
};
pub use outcome::{Outcome, VersionedRecord};
