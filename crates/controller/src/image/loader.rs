//! From the records of a log to images.

use std::sync::Arc;

use ottla_wire::metadata::MetadataRecord;

use super::delta::{MetadataDelta, Touched};
use super::error::ReplayError;
use super::{MetadataImage, Provenance};

/// Replays the metadata log and publishes images of it.
///
/// A transaction is followed on the side; nothing of it is published before its end, and nothing at all if it is aborted
/// (KIP-868).
#[derive(Debug, Default)]
pub struct MetadataLoader {
    published: Arc<MetadataImage>,
    settled: State,
    /// What the log amounts to with the records of the open transaction, if there is one.
    transaction: Option<State>,
}

#[derive(Debug, Default, Clone)]
struct State {
    image: MetadataImage,
    touched: Touched,
}

impl MetadataLoader {
    /// Begins before the first record of a log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all and takes the records of a snapshot. Publish afterwards: the delta then is that to what was published last.
    ///
    /// # Errors
    /// If one of the records does not fit those before it; then nothing was taken.
    pub fn load_snapshot<'a>(
        &mut self,
        provenance: Provenance,
        records: impl IntoIterator<Item = &'a MetadataRecord>,
    ) -> Result<(), ReplayError> {
        let image = MetadataImage::of_snapshot(provenance, records)?;
        let touched = Touched::between(&self.published, &image);
        self.settled = State { image, touched };
        self.transaction = None;
        Ok(())
    }

    /// Replays the record of a log.
    ///
    /// # Errors
    /// If the record does not fit what came before; then nothing has changed.
    pub fn replay(&mut self, provenance: Provenance, record: &MetadataRecord) -> Result<(), ReplayError> {
        match (record, self.transaction.take()) {
            (MetadataRecord::BeginTransaction(_), None) => self.transaction = Some(self.settled.clone()),
            (MetadataRecord::BeginTransaction(_), open @ Some(_)) => {
                self.transaction = open;
                return Err(ReplayError::NestedTransaction);
            }
            (MetadataRecord::EndTransaction(_), Some(ended)) => self.settled = ended,
            (MetadataRecord::AbortTransaction(_), Some(_)) => {}
            (MetadataRecord::EndTransaction(_) | MetadataRecord::AbortTransaction(_), None) => {
                return Err(ReplayError::NoTransaction);
            }
            (record, None) => self.settled.replay(record)?,
            (record, Some(mut open)) => {
                let result = open.replay(record);
                self.transaction = Some(open);
                result?;
            }
        }
        self.transaction.as_mut().unwrap_or(&mut self.settled).image.provenance = provenance;
        Ok(())
    }

    /// Whether a transaction is open. Snapshots wait for its end.
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// The image published last.
    pub fn published(&self) -> &Arc<MetadataImage> {
        &self.published
    }

    /// Publishes what was replayed since the last time; none if that is nothing, or part of a transaction that is still open.
    pub fn publish(&mut self) -> Option<MetadataDelta> {
        if self.settled.image.provenance == self.published.provenance {
            return None;
        }
        let image = Arc::new(self.settled.image.clone());
        let previous = std::mem::replace(&mut self.published, Arc::clone(&image));
        let touched = std::mem::take(&mut self.settled.touched);
        if let Some(open) = &mut self.transaction {
            // What went before the transaction has been told now.
            open.touched = Touched::between(&image, &open.image);
        }
        Some(MetadataDelta::new(previous, image, touched))
    }
}

impl State {
    fn replay(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        self.image.replay_touching(record, &mut self.touched)
    }
}
