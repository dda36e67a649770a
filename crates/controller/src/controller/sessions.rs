//! What the active controller knows of brokers beyond the log: when it last heard from them, and how far they are.

use std::collections::BTreeMap;

use ottla_record::Timestamp;

use crate::image::{BrokerRegistration, ClusterImage};

/// What was heard from one registration of a broker.
#[derive(Debug, Clone, Copy)]
struct Session {
    epoch: i64,
    /// None before the first heartbeat.
    contact: Option<Timestamp>,
    /// How far the broker has replayed the log; -1 before the first heartbeat.
    metadata_offset: i64,
    /// What the other brokers must have replayed before a stopping broker may go.
    controlled_shutdown_offset: Option<i64>,
}

/// The sessions of all registered brokers. Begins anew with each controller that becomes active.
#[derive(Debug)]
pub(crate) struct Sessions {
    timeout_ms: i64,
    sessions: BTreeMap<i32, Session>,
}

impl Sessions {
    /// Gives every broker that is not fenced the time of a session to be heard from.
    pub(crate) fn new(now: Timestamp, timeout_ms: i64, cluster: &ClusterImage) -> Self {
        let session = |broker: &BrokerRegistration| Session {
            contact: (!broker.fenced).then_some(now),
            ..Session::of(broker.epoch)
        };
        let sessions = cluster.brokers.iter().map(|(&id, broker)| (id, session(broker))).collect();
        Self { timeout_ms, sessions }
    }

    /// A broker registered, or its registration changed.
    pub(crate) fn registered(&mut self, broker: &BrokerRegistration) {
        let session = self.sessions.entry(broker.id).or_insert_with(|| Session::of(broker.epoch));
        if session.epoch != broker.epoch {
            *session = Session::of(broker.epoch);
        }
        if broker.fenced {
            session.controlled_shutdown_offset = None;
        }
    }

    /// A broker is no longer registered.
    pub(crate) fn unregistered(&mut self, broker: i32) {
        self.sessions.remove(&broker);
    }

    /// A broker was heard from. Other registrations than the present one do not count.
    pub(crate) fn heard(&mut self, now: Timestamp, broker: i32, epoch: i64, metadata_offset: i64) {
        if let Some(session) = self.sessions.get_mut(&broker).filter(|session| session.epoch == epoch) {
            session.contact = Some(now);
            session.metadata_offset = metadata_offset;
        }
    }

    /// The broker's process is known to have ended: nothing more is to be waited for.
    pub(crate) fn ended(&mut self, broker: i32) {
        if let Some(session) = self.sessions.get_mut(&broker) {
            session.contact = None;
        }
    }

    /// Whether the broker was heard from within the time of a session.
    pub(crate) fn is_alive(&self, now: Timestamp, broker: i32) -> bool {
        let contact = self.sessions.get(&broker).and_then(|session| session.contact);
        contact.is_some_and(|contact| now <= self.end(contact))
    }

    fn end(&self, contact: Timestamp) -> Timestamp {
        Timestamp(contact.0.saturating_add(self.timeout_ms))
    }

    /// The broker that is to be fenced first for its silence, and from when on.
    pub(crate) fn next_to_fence(&self, cluster: &ClusterImage) -> Option<(Timestamp, i32)> {
        let unfenced =
            |broker: &i32| cluster.broker(*broker).is_some_and(|registration| !registration.fenced);
        let due = |(&broker, session): (&i32, &Session)| {
            let contact = session.contact.filter(|_| unfenced(&broker))?;
            Some((Timestamp(self.end(contact).0.saturating_add(1)), broker))
        };
        self.sessions.iter().filter_map(due).min()
    }

    /// What the others must have replayed before the broker may go; `offset` if that was not settled before.
    pub(crate) fn settle_controlled_shutdown(&mut self, broker: i32, offset: i64) -> i64 {
        match self.sessions.get_mut(&broker) {
            Some(session) => *session.controlled_shutdown_offset.get_or_insert(offset),
            None => offset,
        }
    }

    /// How far the slowest of the active brokers has replayed the log.
    pub(crate) fn lowest_active_offset(&self, cluster: &ClusterImage) -> i64 {
        let active = self.sessions.iter().filter(|(broker, _)| cluster.is_active(**broker));
        active.map(|(_, session)| session.metadata_offset).min().unwrap_or(i64::MAX)
    }

    pub(crate) fn invariants(&self, cluster: &ClusterImage) {
        let known: Vec<_> = self.sessions.iter().map(|(&id, session)| (id, session.epoch)).collect();
        let registered: Vec<_> = cluster.brokers.iter().map(|(&id, broker)| (id, broker.epoch)).collect();
        assert_eq!(known, registered, "a session for each registration");
    }
}

impl Session {
    fn of(epoch: i64) -> Self {
        Self { epoch, contact: None, metadata_offset: -1, controlled_shutdown_offset: None }
    }
}
