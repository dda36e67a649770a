//! Being told of rebalances.

use std::future::{Future, ready};
use std::pin::Pin;

use super::{Consumer, TopicPartition};

/// What a listener does, awaited before the rebalance goes on.
pub type Listening<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Told by [`Consumer::poll`] when partitions come and go. It may use the consumer: to seek, pause, or commit.
pub trait RebalanceListener: Send {
    /// These partitions came, beside those that were there before.
    fn assigned<'a>(
        &'a mut self,
        consumer: &'a mut Consumer,
        partitions: &'a [TopicPartition],
    ) -> Listening<'a> {
        let _ = (consumer, partitions);
        Box::pin(ready(()))
    }

    /// These partitions are about to go: the last chance to commit what was read.
    fn revoked<'a>(
        &'a mut self,
        consumer: &'a mut Consumer,
        partitions: &'a [TopicPartition],
    ) -> Listening<'a> {
        let _ = (consumer, partitions);
        Box::pin(ready(()))
    }

    /// These partitions are gone, perhaps to another member already: commits come too late.
    fn lost<'a>(&'a mut self, consumer: &'a mut Consumer, partitions: &'a [TopicPartition]) -> Listening<'a> {
        self.revoked(consumer, partitions)
    }
}
