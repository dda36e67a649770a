//! BrokerHeartbeat, API key 63: a broker is alive, and wants to serve, to be fenced or to stop.

use ottla_record::{Offset, Timestamp};
use ottla_wire::ErrorCode;
use ottla_wire::api::broker_heartbeat::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
use ottla_wire::metadata::broker_registration_change::BrokerRegistrationChangeRecord;

use crate::controller::Controller;
use crate::controller::elections::{BrokerTransition, change_of_broker};
use crate::controller::error::ApiError;
use crate::features::MetadataVersion;
use crate::image::BrokerRegistration;
use crate::outcome::{Outcome, VersionedRecord};

/// What a broker is, or is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BrokerState {
    Fenced,
    Unfenced,
    ControlledShutdown,
    /// It may stop at once.
    ShutdownNow,
}

impl BrokerState {
    fn of(broker: &BrokerRegistration) -> Self {
        match (broker.fenced, broker.in_controlled_shutdown) {
            (true, _) => Self::Fenced,
            (false, true) => Self::ControlledShutdown,
            (false, false) => Self::Unfenced,
        }
    }
}

impl Controller {
    /// BrokerHeartbeat. `next_offset` is that of the next record to be appended.
    pub fn handle_broker_heartbeat(
        &mut self,
        now: Timestamp,
        request: &BrokerHeartbeatRequest,
        next_offset: Offset,
    ) -> Outcome<BrokerHeartbeatResponse> {
        self.heartbeat(now, request, next_offset).unwrap_or_else(|error| {
            Outcome::unchanged(BrokerHeartbeatResponse {
                error_code: error.code.number(),
                ..BrokerHeartbeatResponse::default()
            })
        })
    }

    fn heartbeat(
        &mut self,
        now: Timestamp,
        request: &BrokerHeartbeatRequest,
        next_offset: Offset,
    ) -> Result<Outcome<BrokerHeartbeatResponse>, ApiError> {
        let version = self.metadata_version()?;
        let (broker, epoch) = (request.broker_id, request.broker_epoch);
        self.check_broker_epoch(broker, epoch)?;
        let registered_at = self.registered_at.get(&broker).copied().unwrap_or(Offset(i64::MAX));
        let is_caught_up = request.current_metadata_offset >= registered_at.0;
        if let Some(active) = &mut self.active {
            active.sessions.heard(now, broker, epoch, request.current_metadata_offset);
        }
        let next = self.next_state(request, is_caught_up, next_offset)?;
        let mut records = Vec::new();
        self.push_transition(version, request, next, &mut records);
        self.push_directories(version, request, &mut records);
        if next == BrokerState::ControlledShutdown {
            self.settle_controlled_shutdown(broker, next_offset.0 + records.len() as i64 - 1);
        }
        let response = BrokerHeartbeatResponse {
            is_caught_up,
            is_fenced: matches!(next, BrokerState::Fenced | BrokerState::ShutdownNow),
            should_shut_down: next == BrokerState::ShutdownNow,
            ..BrokerHeartbeatResponse::default()
        };
        Ok(Outcome::splittable(records, response))
    }

    fn next_state(
        &mut self,
        request: &BrokerHeartbeatRequest,
        is_caught_up: bool,
        next_offset: Offset,
    ) -> Result<BrokerState, ApiError> {
        use BrokerState::{ControlledShutdown, Fenced, ShutdownNow, Unfenced};
        let id = request.broker_id;
        let unknown = || ApiError::plain(ErrorCode::StaleBrokerEpoch);
        let current = BrokerState::of(self.image.cluster().broker(id).ok_or_else(unknown)?);
        Ok(match current {
            Fenced if request.want_shut_down => ShutdownNow,
            Fenced if !request.want_fence && is_caught_up => Unfenced,
            Fenced => Fenced,
            Unfenced if request.want_shut_down && request.want_fence => ShutdownNow,
            Unfenced if request.want_fence => Fenced,
            Unfenced if request.want_shut_down && self.index.leads(id) => ControlledShutdown,
            Unfenced if request.want_shut_down => ShutdownNow,
            Unfenced => Unfenced,
            ControlledShutdown | ShutdownNow if self.index.leads(id) => ControlledShutdown,
            // The others must have seen that this broker no longer leads.
            ControlledShutdown | ShutdownNow => {
                let needed = self.settle_controlled_shutdown(id, next_offset.0 - 1);
                let lowest = self
                    .active
                    .as_ref()
                    .map_or(i64::MAX, |active| active.sessions.lowest_active_offset(self.image.cluster()));
                if needed <= lowest { ShutdownNow } else { ControlledShutdown }
            }
        })
    }

    fn settle_controlled_shutdown(&mut self, broker: i32, offset: i64) -> i64 {
        match &mut self.active {
            Some(active) => active.sessions.settle_controlled_shutdown(broker, offset),
            None => offset,
        }
    }

    fn push_transition(
        &self,
        version: MetadataVersion,
        request: &BrokerHeartbeatRequest,
        next: BrokerState,
        records: &mut Vec<VersionedRecord>,
    ) {
        let (id, epoch) = (request.broker_id, request.broker_epoch);
        let current = self.image.cluster().broker(id).map(|broker| BrokerState::of(broker));
        if current == Some(next) {
            return;
        }
        match next {
            BrokerState::Fenced | BrokerState::ShutdownNow => self.fence(version, id, records),
            BrokerState::Unfenced => self.unfence(version, id, epoch, records),
            BrokerState::ControlledShutdown => self.begin_controlled_shutdown(version, id, epoch, records),
        }
    }

    /// Directories that have failed, and those closed to new replicas.
    fn push_directories(
        &self,
        version: MetadataVersion,
        request: &BrokerHeartbeatRequest,
        records: &mut Vec<VersionedRecord>,
    ) {
        let (id, epoch) = (request.broker_id, request.broker_epoch);
        let Some(registration) = self.image.cluster().broker(id) else { return };
        let is_failed = |directory: &_| request.offline_log_dirs.contains(directory);
        let (failed, working): (Vec<_>, Vec<_>) =
            registration.directories.iter().copied().partition(is_failed);
        if version.has_directories() && !failed.is_empty() {
            for directory in &failed {
                let partitions = self.index.in_directory(*directory);
                self.follow_transition(version, BrokerTransition::Leaves(id), partitions, records);
            }
            tracing::warn!(broker = id, ?failed, ?working, "log directories have failed");
            let record = BrokerRegistrationChangeRecord { log_dirs: working, ..change_of_broker(id, epoch) };
            records.push(VersionedRecord::new(record, 2));
        }
        let Some(cordoned) = &request.cordoned_log_dirs else { return };
        if version.has_cordoned_directories() && !is_same_set(registration, cordoned) {
            let record = BrokerRegistrationChangeRecord {
                cordoned_log_dirs: Some(cordoned.clone()),
                ..change_of_broker(id, epoch)
            };
            records.push(VersionedRecord::new(record, 3));
        }
    }
}

fn is_same_set(registration: &BrokerRegistration, cordoned: &[ottla_wire::Uuid]) -> bool {
    let Some(known) = &registration.cordoned_directories else { return false };
    known.iter().all(|directory| cordoned.contains(directory))
        && cordoned.iter().all(|directory| known.contains(directory))
}
