//! How the replicas of a partition are changed: new ones are added, and once they are in sync the old ones are taken away.

use std::collections::BTreeSet;

use crate::image::PartitionRegistration;

/// A reassignment in its first step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reassignment {
    /// Replicas to take away, in the end.
    pub(crate) removing: Vec<i32>,
    /// Replicas to bring in.
    pub(crate) adding: Vec<i32>,
    /// All replicas meanwhile: those wanted, then those to take away.
    pub(crate) replicas: Vec<i32>,
}

impl Reassignment {
    /// From the present replicas to those wanted.
    pub(crate) fn new(current: &[i32], target: &[i32]) -> Self {
        let removing = difference(current, target);
        let replicas = target.iter().chain(&removing).copied().collect();
        Self { adding: difference(target, current), removing, replicas }
    }
}

fn difference(of: &[i32], without: &[i32]) -> Vec<i32> {
    let difference: BTreeSet<i32> = of.iter().filter(|id| !without.contains(id)).copied().collect();
    difference.into_iter().collect()
}

/// What a partition has once its reassignment is done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Completed {
    pub(crate) replicas: Vec<i32>,
    pub(crate) isr: Vec<i32>,
}

/// The outcome of a reassignment that can be completed with this ISR; none while it cannot, or if there is none.
pub(crate) fn completed(
    removing: &[i32],
    adding: &[i32],
    replicas: &[i32],
    isr: &[i32],
) -> Option<Completed> {
    if removing.is_empty() && adding.is_empty() {
        return None;
    }
    let kept =
        |ids: &[i32]| -> Vec<i32> { ids.iter().filter(|id| !removing.contains(id)).copied().collect() };
    let completed = Completed { replicas: kept(replicas), isr: kept(isr) };
    if !removing.is_empty() && (completed.isr.is_empty() || completed.replicas.is_empty()) {
        return None;
    }
    let in_sync = |ids: &[i32]| ids.iter().all(|id| completed.isr.contains(id));
    // Where replicas become fewer, those that stay must all be in sync before the others go.
    let is_done = in_sync(adding) && (adding.len() >= removing.len() || in_sync(&completed.replicas));
    is_done.then_some(completed)
}

/// What a partition has once its reassignment is called off.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reverted {
    pub(crate) replicas: Vec<i32>,
    pub(crate) isr: Vec<i32>,
    /// Whether none of the old replicas is in sync, so that records may be lost.
    pub(crate) unclean: bool,
}

/// The state before a reassignment; none if all replicas are new.
pub(crate) fn reverted(partition: &PartitionRegistration) -> Option<Reverted> {
    let kept = |ids: &[i32]| -> Vec<i32> {
        ids.iter().filter(|id| !partition.adding_replicas.contains(id)).copied().collect()
    };
    let (replicas, isr) = (kept(&partition.replicas), kept(&partition.isr));
    let unclean = isr.is_empty();
    let isr = if unclean { vec![*replicas.first()?] } else { isr };
    Some(Reverted { replicas, isr, unclean })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_wanted_come_first() {
        let reassignment = Reassignment::new(&[3, 1, 2], &[4, 2]);
        assert_eq!(
            reassignment,
            Reassignment { removing: vec![1, 3], adding: vec![4], replicas: vec![4, 2, 1, 3] }
        );
    }

    #[test]
    fn it_is_done_when_new_replicas_are_in_sync() {
        assert_eq!(completed(&[], &[], &[1], &[1]), None);
        assert_eq!(completed(&[1], &[2], &[2, 1], &[1]), None);
        let done = Completed { replicas: vec![2], isr: vec![2] };
        assert_eq!(completed(&[1], &[2], &[2, 1], &[1, 2]), Some(done));
    }

    #[test]
    fn fewer_replicas_must_all_be_in_sync() {
        assert_eq!(completed(&[3], &[], &[1, 2, 3], &[1, 3]), None);
        let done = Completed { replicas: vec![1, 2], isr: vec![1, 2] };
        assert_eq!(completed(&[3], &[], &[1, 2, 3], &[1, 2]), Some(done));
    }
}
