//! Record batches as Kafka keeps them on the wire and on disk.

mod ids;

pub use ids::{LeaderEpoch, Offset, ProducerId, Timestamp};
