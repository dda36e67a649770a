//! Coordinators: what keeps its state in internal topics.

pub(crate) mod group;
mod internal_topic;

pub(crate) use internal_topic::{CONSUMER_OFFSETS, create_consumer_offsets};
