//! Another coordinator takes over the log.

use ottla_group::{ClassicGroup, ClassicGroupState, GroupCoordinator, RecordOrigin};

use super::log::Entry;
use super::world::{World, config};

impl World {
    /// The coordinator gives up the partition and another one reads the log. It must know the same.
    pub(super) fn reload(&mut self) {
        self.stats.reloads += 1;
        let mut successor = GroupCoordinator::new(config());
        for (offset, entry) in self.log.read() {
            match entry {
                Entry::Record { producer, record, .. } => {
                    let origin = RecordOrigin { offset, producer_id: producer };
                    let value = record.value.map(|(value, _)| value);
                    successor.replay(self.now.into(), origin, record.key, value);
                }
                Entry::Marker { producer, committed, .. } => {
                    successor.replay_end_transaction(producer, committed);
                }
            }
        }
        compare(&self.coordinator, &successor);
        let former = std::mem::replace(&mut self.coordinator, successor);
        self.hand_over(former.on_unloaded());
        // What a generation was told does not bind one of the same number that begins again.
        self.leaders.clear();
        let loaded = self.coordinator.on_loaded(self.now.into());
        self.settle(loaded);
    }
}

fn compare(former: &GroupCoordinator, successor: &GroupCoordinator) {
    assert!(former.offsets() == successor.offsets(), "offsets survive");
    assert!(former.pending_offsets().eq(successor.pending_offsets()), "so do those of open transactions");
    for group in former.groups() {
        match successor.group(&group.id) {
            Some(loaded) => compare_group(group, loaded),
            None => assert!(is_told_by_offsets_alone(group), "{group:?} is not in the log"),
        }
    }
    for group in successor.groups() {
        assert!(former.group(&group.id).is_some(), "{group:?} is in the log, but there is none");
    }
}

/// Whether only offsets ever told of the group, which have been deleted or were never committed. Members may have begun to
/// join it since, but have come to nothing yet.
fn is_told_by_offsets_alone(group: &ClassicGroup) -> bool {
    match group.state {
        ClassicGroupState::Empty => group.is_empty() && group.protocol_type.is_none(),
        ClassicGroupState::PreparingRebalance(_) => group.generation == 0,
        ClassicGroupState::CompletingRebalance | ClassicGroupState::Stable => false,
    }
}

fn compare_group(group: &ClassicGroup, loaded: &ClassicGroup) {
    match group.state {
        ClassicGroupState::Empty => {
            assert!(loaded.generation <= group.generation, "{group:?} was loaded as {loaded:?}");
        }
        // What has not been decided yet is not in the log; what is there is older.
        ClassicGroupState::PreparingRebalance(_) | ClassicGroupState::CompletingRebalance => {
            assert!(loaded.generation <= group.generation, "{group:?} was loaded as {loaded:?}");
        }
        ClassicGroupState::Stable => {
            assert_eq!(loaded.state, ClassicGroupState::Stable, "{group:?}");
            assert_eq!(loaded.generation, group.generation, "{group:?}");
            assert_eq!(loaded.protocol_name, group.protocol_name, "{group:?}");
            assert_eq!(loaded.leader, group.leader, "{group:?}");
            let protocol_name = group.protocol_name.as_deref().unwrap_or_default();
            // A leader that asks once more before its assignments are safe overwrites them with none, as in Kafka.
            let is_overwritten = loaded.members().all(|member| member.assignment.is_empty());
            let known = |group: &ClassicGroup| -> Vec<_> {
                let members = group.members().map(|member| {
                    let assignment = Some(member.assignment.clone()).filter(|_| !is_overwritten);
                    (member.id.clone(), member.metadata(protocol_name), assignment)
                });
                members.collect()
            };
            assert_eq!(known(loaded), known(group), "{group:?}");
        }
    }
}
