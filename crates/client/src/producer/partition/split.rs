//! Making several batches of one that was too large for the broker.

use std::sync::Arc;

use ottla_record::{Batch as RecordBatch, BatchBuilder, Decompressor};

use super::{Batches, Rules, Settled};
use crate::producer::batch::{Batch, Contents, Sequence};
use crate::producer::delivery::Outcome;
use crate::producer::error::ProduceError;

impl Batches {
    /// Makes several batches of one that was too large for the broker, at its place.
    pub(super) fn split(&mut self, position: usize, rules: &Rules) -> Settled {
        let Some(batch) = self.in_flight.remove(position) else { return Settled::Gone };
        let target = match batch.is_split || batch.uncompressed <= rules.batch_size {
            true => batch.record_size_max.max(batch.uncompressed / 2),
            false => rules.batch_size,
        };
        let parts = match self.parts_of(&batch, target, rules) {
            Ok(parts) => parts,
            Err(error) => {
                let error = ProduceError::Build(error);
                self.note_failure(&error, rules);
                batch.result.complete(Outcome::Failed(error.into()));
                return Settled::Failed;
            }
        };
        let mut first = 0;
        let mut results = Vec::with_capacity(parts.len());
        for (index, part) in parts.into_iter().enumerate() {
            results.push((first, Arc::clone(&part.result)));
            first += part.records;
            self.in_flight.insert(position + index, part);
        }
        if let Some(front) = self.in_flight.get_mut(position) {
            front.memory = batch.memory;
        }
        batch.result.complete(Outcome::Split(results));
        Settled::Split
    }

    fn parts_of(&mut self, batch: &Batch, target: usize, rules: &Rules) -> Result<Vec<Batch>, String> {
        let Contents::Built(bytes) = &batch.contents else { return Err("its bytes are gone".to_owned()) };
        let whole = RecordBatch::parse(bytes).map_err(|error| error.to_string())?;
        let mut decompressor = Decompressor::with_limit(batch.uncompressed);
        let records = whole.records(&mut decompressor).map_err(|error| error.to_string())?;
        let settings = rules.batch_settings();
        let mut parts: Vec<Batch> = Vec::new();
        for record in records {
            let record = record.map_err(|error| error.to_string())?;
            let size = record_size(&record);
            let fits = |part: &Batch| part.uncompressed + size <= target;
            if !parts.last().is_some_and(fits) {
                let mut part = self.batch(batch.created, BatchBuilder::new(settings), target);
                part.is_split = true;
                part.is_full = true;
                part.attempts = batch.attempts;
                // In flight already, but due at once.
                part.retry_at = Some(batch.created);
                parts.push(part);
            }
            let Some(part) = parts.last_mut() else { continue };
            let Contents::Open(builder) = &mut part.contents else { continue };
            let offset = builder.next_offset();
            builder.append_record_at(offset, &record).map_err(|error| error.to_string())?;
            part.records += 1;
            part.uncompressed = builder.uncompressed_size();
            part.record_size_max = part.record_size_max.max(size);
        }
        if let Some(Sequence { identity, mut first }) = batch.sequence {
            for part in &mut parts {
                part.set_sequence(Sequence { identity, first });
                first = part.next_sequence().unwrap_or(0);
            }
        }
        Ok(parts)
    }
}

/// About what the record takes in another batch.
fn record_size(record: &ottla_record::Record<'_>) -> usize {
    let bytes = |bytes: Option<&[u8]>| 5 + bytes.map_or(0, <[u8]>::len);
    let headers = record.headers.iter().map(|header| bytes(Some(header.key)) + bytes(header.value));
    26 + bytes(record.key) + bytes(record.value) + headers.sum::<usize>()
}
