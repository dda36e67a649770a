//! What the active controller does unasked, and when.

use ottla_config::ServerConfig;
use ottla_record::Timestamp;

/// Something to do at intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Elect leaders for partitions without one, of topics that allow unclean elections.
    ElectUnclean,
    /// Give leadership back to preferred replicas.
    ElectPreferred,
    /// Append a record that does nothing, so that replicas see the log move.
    NoOp,
}

#[derive(Debug)]
struct Entry {
    timer: Timer,
    interval_ms: i64,
    due: Timestamp,
}

/// The timers of the active controller.
#[derive(Debug)]
pub(crate) struct Timers {
    entries: Vec<Entry>,
}

/// How soon something is done again that was too much for one go.
const AGAIN_MS: i64 = 10;

impl Timers {
    /// All timers that the node's configuration turns on, each due for the first time after its interval.
    pub(crate) fn new(now: Timestamp, config: &ServerConfig) -> Self {
        let replication = &config.keys.replication;
        let rebalance_ms = replication.leader_imbalance_check_interval_seconds.saturating_mul(1000);
        let intervals = [
            (Timer::ElectUnclean, Some(replication.unclean_leader_election_interval_ms)),
            (Timer::ElectPreferred, replication.auto_leader_rebalance_enable.then_some(rebalance_ms)),
            (Timer::NoOp, Some(config.keys.metadata_log.metadata_max_idle_interval_ms.into())),
        ];
        let entry = |(timer, interval): (Timer, Option<i64>)| {
            let interval_ms = interval.filter(|&interval| interval > 0)?;
            Some(Entry { timer, interval_ms, due: after(now, interval_ms) })
        };
        Self { entries: intervals.into_iter().filter_map(entry).collect() }
    }

    /// When the next timer is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.entries.iter().map(|entry| entry.due).min()
    }

    /// A timer that is due, which is then set anew.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<Timer> {
        let entry = self.entries.iter_mut().find(|entry| entry.due <= now)?;
        entry.due = after(now, entry.interval_ms);
        Some(entry.timer)
    }

    /// The timer's work was too much for one go.
    pub(crate) fn soon_again(&mut self, now: Timestamp, timer: Timer) {
        for entry in self.entries.iter_mut().filter(|entry| entry.timer == timer) {
            entry.due = after(now, AGAIN_MS.min(entry.interval_ms));
        }
    }
}

fn after(now: Timestamp, ms: i64) -> Timestamp {
    Timestamp(now.0.saturating_add(ms))
}
