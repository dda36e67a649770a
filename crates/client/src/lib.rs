//! Kafka's clients in async Rust: producer, consumer and admin.
pub mod consumer;
