//! What a decision comes to.

use ottla_wire::metadata::MetadataRecord;

/// A record with the version to write it at, which the cluster's `metadata.version` allows.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionedRecord {
    /// The record.
    pub record: MetadataRecord,
    /// The version to write it at.
    pub version: i16,
}

impl VersionedRecord {
    pub(crate) fn new(record: impl Into<MetadataRecord>, version: i16) -> Self {
        Self { record: record.into(), version }
    }
}

/// What a decision comes to: the records to append, and the response once they are committed.
///
/// Until they are replayed nothing has changed, so that a failed append can simply be answered with an error.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "the records are to be appended and replayed"]
pub struct Outcome<R> {
    /// The records to append and to replay, in this order.
    pub records: Vec<VersionedRecord>,
    /// What to answer when the records are committed.
    pub response: R,
    /// Whether the records must share a batch, so that either all or none survive a crash.
    pub atomic: bool,
}

impl<R> Outcome<R> {
    pub(crate) fn atomic(records: Vec<VersionedRecord>, response: R) -> Self {
        Self { records, response, atomic: true }
    }

    pub(crate) fn splittable(records: Vec<VersionedRecord>, response: R) -> Self {
        Self { records, response, atomic: false }
    }

    pub(crate) fn unchanged(response: R) -> Self {
        Self::atomic(Vec::new(), response)
    }

    /// The outcome with another response.
    pub fn map<S>(self, response: impl FnOnce(R) -> S) -> Outcome<S> {
        Outcome { records: self.records, response: response(self.response), atomic: self.atomic }
    }
}
