//! Messages within messages: what members of a group tell each other through the coordinator, and principals.

pub mod connect;
pub mod consumer_assignment;
pub mod consumer_subscription;
pub mod principal;
pub mod streams;
