//! Becoming active, and what is done unasked from then on.

use ottla_record::Timestamp;
use ottla_wire::KafkaString;
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::abort_transaction::AbortTransactionRecord;
use ottla_wire::metadata::begin_transaction::BeginTransactionRecord;
use ottla_wire::metadata::end_transaction::EndTransactionRecord;
use ottla_wire::metadata::feature_level::FeatureLevelRecord;
use ottla_wire::metadata::no_op::NoOpRecord;

use super::sessions::Sessions;
use super::timers::{Timer, Timers};
use super::{ActivationError, Active, Controller, configs, earlier};
use crate::features::{ELIGIBLE_LEADER_REPLICAS_VERSION, METADATA_VERSION, MetadataVersion};
use crate::outcome::{Outcome, VersionedRecord};

impl Controller {
    /// Begins to decide, with the records to append first: those of a new cluster, or the abort of a transaction that the controller
    /// before has left open.
    ///
    /// # Errors
    /// If the log cannot be gone on with. Then the controller is not active.
    pub fn activate(&mut self, now: Timestamp) -> Result<Outcome<()>, ActivationError> {
        let outcome = match self.image.features().metadata_version() {
            Some(version) => self.go_on(version)?,
            None => self.bootstrap()?,
        };
        let session_ms = self.options.config.keys.kraft.broker_session_timeout_ms.into();
        self.active = Some(Active {
            sessions: Sessions::new(now, session_ms, self.image.cluster()),
            timers: Timers::new(now, &self.options.config),
        });
        Ok(outcome)
    }

    /// The records of a new cluster: a transaction, since credentials may make them more than a batch can hold.
    fn bootstrap(&self) -> Result<Outcome<()>, ActivationError> {
        let level = self.bootstrap_level(METADATA_VERSION);
        let version =
            level.and_then(MetadataVersion::from_level).ok_or(ActivationError::NoMetadataVersion)?;
        let mut records = self.abort(version)?;
        if version.has_transactions() {
            let begin = BeginTransactionRecord {
                name: Some(KafkaString::from_static("Bootstrap records")),
                ..BeginTransactionRecord::default()
            };
            records.push(VersionedRecord::new(begin, 0));
        }
        records.extend_from_slice(&self.options.bootstrap);
        if self.bootstrap_level(ELIGIBLE_LEADER_REPLICAS_VERSION).is_some_and(|level| level > 0) {
            records.push(self.cluster_min_isr_record());
        }
        if !version.has_transactions() {
            return Ok(Outcome::atomic(records, ()));
        }
        records.push(VersionedRecord::new(EndTransactionRecord::default(), 0));
        Ok(Outcome::splittable(records, ()))
    }

    /// The last level that the bootstrap records give a feature.
    fn bootstrap_level(&self, name: &str) -> Option<i16> {
        let level = |record: &VersionedRecord| match &record.record {
            MetadataRecord::FeatureLevel(FeatureLevelRecord { name: of, feature_level, .. })
                if of.as_str() == name =>
            {
                Some(*feature_level)
            }
            _ => None,
        };
        self.options.bootstrap.iter().rev().find_map(level)
    }

    fn go_on(&self, version: MetadataVersion) -> Result<Outcome<()>, ActivationError> {
        Ok(Outcome::atomic(self.abort(version)?, ()))
    }

    /// The end of a transaction that the controller before has left open.
    fn abort(&self, version: MetadataVersion) -> Result<Vec<VersionedRecord>, ActivationError> {
        let Some((begin, _)) = &self.transaction else { return Ok(Vec::new()) };
        if !version.has_transactions() {
            return Err(ActivationError::UnexpectedTransaction(*begin));
        }
        let abort = AbortTransactionRecord {
            reason: Some(KafkaString::from_static("Controller failover")),
            ..AbortTransactionRecord::default()
        };
        Ok(vec![VersionedRecord::new(abort, 0)])
    }

    /// With eligible leader replicas, all brokers must agree on how many replicas a promise takes.
    pub(super) fn cluster_min_isr_record(&self) -> VersionedRecord {
        let value = self.options.config.topic_defaults.min_insync_replicas.to_string();
        configs::record(&crate::image::ConfigResource::ALL_BROKERS, configs::MIN_ISR, Some(value.as_str()))
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; none while not active.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let active = self.active.as_ref()?;
        let fence = active.sessions.next_to_fence(self.image.cluster()).map(|(due, _)| due);
        earlier(active.timers.next(), fence)
    }

    /// Does one thing that is due: fences a broker that fell silent, elects leaders, or keeps the log moving. To be called again, once
    /// the records are replayed, while [`poll_timeout`](Self::poll_timeout) lies in the past.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Outcome<()> {
        let Ok(version) = self.metadata_version() else { return Outcome::unchanged(()) };
        let Some(active) = &mut self.active else { return Outcome::unchanged(()) };
        // One broker at a time, so that the next is fenced in full sight of what became of the first one's partitions.
        if let Some((due, broker)) = active.sessions.next_to_fence(self.image.cluster())
            && due <= now
        {
            tracing::info!(broker, "fencing a broker that was not heard from in time");
            let mut records = Vec::new();
            self.fence(version, broker, &mut records);
            return Outcome::splittable(records, ());
        }
        let records = match active.timers.take_due(now) {
            None => Vec::new(),
            Some(Timer::NoOp) => vec![VersionedRecord::new(NoOpRecord::default(), 0)],
            Some(timer @ Timer::ElectUnclean) => self
                .elect_at_most(now, timer, |controller, max| controller.elect_unclean_leaders(version, max)),
            Some(timer @ Timer::ElectPreferred) => self.elect_at_most(now, timer, |controller, max| {
                controller.elect_preferred_leaders(version, max)
            }),
        };
        Outcome::splittable(records, ())
    }

    fn elect_at_most(
        &mut self,
        now: Timestamp,
        timer: Timer,
        elect: impl FnOnce(&Self, usize) -> Vec<VersionedRecord>,
    ) -> Vec<VersionedRecord> {
        let records = elect(self, ELECTIONS_AT_ONCE_MAX);
        if records.len() >= ELECTIONS_AT_ONCE_MAX
            && let Some(active) = &mut self.active
        {
            active.timers.soon_again(now, timer);
        }
        records
    }
}

/// Most elections that are held at once without anybody asking.
const ELECTIONS_AT_ONCE_MAX: usize = 1000;
